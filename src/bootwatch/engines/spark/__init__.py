"""Plans on a Spark cluster: the embedded engine's own code in the workers, Spark moves the rows.

Everything here but :mod:`~bootwatch.engines.spark.tasks` runs in the driver. PySpark is an extra (``bootwatch[spark]``)
and is imported where a session is first needed.
"""
