"""The small closed set of operators every query becomes: scalars, plans, field sets, rules, explain."""
