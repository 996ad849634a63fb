"""Commands that bootwatch does not run, each with what to do instead.

Splunk's own that learn, forecast or approximate have no documented result to agree with; those that write, send or call
something outside have no place in a search here; the rest serve Splunk's pages and indexers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LEARNING = "it learns from data and its results are not documented; compare with a baseline of eventstats instead"
_FORECAST = "forecasts are not made here; compare with the rows before by streamstats"
_CLUSTERS = "grouping by likeness is not made here; group by fields that rex takes out of the text"
_EXTREME = "it belongs to Splunk's Extreme Search; write its threshold as eval and where"
_TOOLKIT = "it belongs to Splunk's Machine Learning Toolkit; write its threshold as eval and where"
_METRICS = "there are no metric indexes; store the numbers as events and use stats or timechart"
_SENDS = "a search sends nothing; let bootwatch deliver its alerts, or write the rows with --output"
_PROGRAMS = "a search runs no programs; write the rows with --output and run the program on them"
_PAGES = "it only changes how Splunk shows rows; leave it out"
_SUMMARY = "there are no summary indexes; leave out the si and run the reporting command itself"
_INDEXER = "it looks into Splunk's own files; bootwatch store says what is stored"
_MAPS = "maps are not drawn here; group with stats by the fields iplocation adds"
_JOBS = "there are no finished jobs to load; run the search itself, or savedsearch"

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "abstract": _PAGES,
        "analyzefields": _LEARNING,
        "anomalies": _LEARNING,
        "anomalousvalue": _LEARNING,
        "anomalydetection": _LEARNING,
        "apply": _TOOLKIT,
        "arules": _LEARNING,
        "associate": _LEARNING,
        "audit": _INDEXER,
        "awssnsalert": _SENDS,
        "bucketdir": _CLUSTERS,
        "cefout": _SENDS,
        "cluster": _CLUSTERS,
        "cofilter": "count pairs with stats by both fields instead",
        "contingency": "write chart count BY both fields instead",
        "copyresults": _JOBS,
        "correlate": _LEARNING,
        "crawl": _INDEXER,
        "createrss": _SENDS,
        "ctable": "write chart count BY both fields instead",
        "dbinspect": _INDEXER,
        "dbxlookup": "databases are not asked; export the table as CSV and use lookup",
        "dbxoutput": _SENDS,
        "dbxquery": "databases are not asked; export the table as CSV and use inputlookup",
        "delete": "a search deletes nothing; the store forgets by age and size",
        "deletemodel": _TOOLKIT,
        "diff": "compare rows with set diff, or two values with eval",
        "dump": "write the rows with --output instead",
        "entitymerge": "merge rows with stats values(*) AS * BY the key",
        "erex": "write the regular expression it would find and use rex",
        "findkeywords": _CLUSTERS,
        "findtypes": _LEARNING,
        "fit": _TOOLKIT,
        "folderize": _PAGES,
        "geom": _MAPS,
        "geomfilter": _MAPS,
        "geostats": _MAPS,
        "history": "the searches of a user are not kept",
        "iconify": _PAGES,
        "inputintelligence": "name the indicators in a CSV file and use inputlookup",
        "internalinputcsv": "use inputlookup with a CSV file in the lookups folder",
        "kmeans": _CLUSTERS,
        "kvform": "write its template as a regular expression and use rex",
        "ldapsearch": "directories are not asked; export the entries as CSV and use inputlookup",
        "listmodels": _TOOLKIT,
        "loadjob": _JOBS,
        "loadmodel": _TOOLKIT,
        "localize": "bucket time with bin and count instead",
        "mcatalog": _METRICS,
        "mcollect": _METRICS,
        "meventcollect": _METRICS,
        "mpreview": _METRICS,
        "msearch": _METRICS,
        "mstats": _METRICS,
        "nlpclean": _TOOLKIT,
        "outlier": "compare values with their quartiles: eventstats p25(x) p75(x), then where",
        "outputraw": _SENDS,
        "outputtelemetry": _SENDS,
        "outputtext": "write the rows with --output instead",
        "overlap": _SUMMARY,
        "pivot": "write tstats over the data model instead",
        "predict": _FORECAST,
        "rawstats": "use stats count BY the fields themselves",
        "redistribute": "rows are spread over the cores without it; leave it out",
        "relevancy": "results are not ranked; sort by a field of your own",
        "reltime": "write eval with now() and _time instead",
        "require": "ask for the number of rows outside of the search: bootwatch exits with 1 where nothing is found",
        "rtorder": "searches are not run in real time; sort by _time",
        "run": _PROGRAMS,
        "runshellscript": _PROGRAMS,
        "sample": _TOOLKIT,
        "score": _TOOLKIT,
        "script": _PROGRAMS,
        "scrub": "make values unreadable with eval: sha256(user)",
        "searchtxn": "write transaction after the search instead",
        "selfjoin": "gather rows of one key with stats values(*) AS * BY the key",
        "sendalert": _SENDS,
        "sendemail": _SENDS,
        "setfields": "write eval instead",
        "sichart": _SUMMARY,
        "sirare": _SUMMARY,
        "sistats": _SUMMARY,
        "sitimechart": _SUMMARY,
        "sitop": _SUMMARY,
        "snowevent": _SENDS,
        "snoweventstream": _SENDS,
        "snowincident": _SENDS,
        "snowincidentstream": _SENDS,
        "summary": _TOOLKIT,
        "surrounding": "search the time around the event with earliest and latest",
        "tscollect": _SUMMARY,
        "typeahead": _INDEXER,
        "typelearner": _LEARNING,
        "walklex": _INDEXER,
        "x11": _FORECAST,
        "xmlunescape": 'write eval with replace(x,"&lt;","<") and the like',
        "xsdisplayconcept": _EXTREME,
        "xsfindbestconcept": _EXTREME,
        "xsgetdistance": _EXTREME,
        "xsgetwherecix": _EXTREME,
        "xsgetwhereclause": _EXTREME,
        "xslistconcepts": _EXTREME,
        "xswhere": _EXTREME,
    }
)
"""What to do instead, by the name of the command."""
