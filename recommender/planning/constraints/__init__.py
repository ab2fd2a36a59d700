"""One file a constraint: a class with its value, rows, prices, relaxations and form field, decorated with `register`.

It is then in the limits file, the service, the form, the prices and the reports. Its words stand in
`recommender/text/planning.toml`; the independent checker needs its case, the shared test suite a value that binds.
"""
