"""One file a constraint. A class registered here is in the limits file, the form, the prices and the reports; the
independent checker is the one other place that needs its case."""
