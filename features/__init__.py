"""Floor 1, knows: tables, evidence, needs, pair features. Imports none of ours."""
