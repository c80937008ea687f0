"""The portal's web server that also knows the connector of the tests; gunicorn imports it.

Environment variable CKAN_INI names its configuration.
"""

from __future__ import annotations

from mqtt_samples import find_connector_of_tests

from ckanext.suedwest.ingest import intake

intake.find_connector = find_connector_of_tests

from ckanext.suedwest.launcher.wsgi import application  # noqa: E402, F401
