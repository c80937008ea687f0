"""An ingest process that also knows the connector of the tests; started by `ingest_processes`."""

from __future__ import annotations

import sys

from mqtt_samples import find_connector_of_tests

from ckanext.suedwest.ingest import intake
from ckanext.suedwest.ingest.__main__ import main

if __name__ == "__main__":
    intake.find_connector = find_connector_of_tests
    sys.exit(main())
