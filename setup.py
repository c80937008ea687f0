"""Packaging of the bundle; tool settings live in pyproject.toml."""

from pathlib import Path

from setuptools import find_namespace_packages, setup

setup(
    name="ckanext-suedwest",
    version="0.1.0",
    description="Open-data platform of the Südwest-Cluster: live water levels and traffic for CKAN",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3.0-or-later",
    python_requires=">=3.11",
    package_dir={"": "ckanext-suedwest"},
    packages=find_namespace_packages(
        "ckanext-suedwest",
        include=["ckanext.*"],
        exclude=["*.charts.frontend", "*.charts.frontend.*"],
    ),
    # Without this keyword an editable install cannot be imported beside CKAN's own .pth file
    # (docs/decisions/0001-namespace-packages.md).
    namespace_packages=["ckanext"],
    include_package_data=True,
    # the sources of the chart's script; what is built from them lies in charts/public
    exclude_package_data={"ckanext.suedwest.charts": ["frontend/*", "frontend/*/*"]},
    entry_points={
        "ckan.plugins": [
            "suedwest = ckanext.suedwest.portal.plugin:PortalPlugin",
            "suedwest_search = ckanext.suedwest.search.plugin:SearchPlugin",
            "suedwest_observations = ckanext.suedwest.observations.plugin:ObservationsPlugin",
            "suedwest_charts = ckanext.suedwest.charts.plugin:ChartsPlugin",
            "suedwest_water = ckanext.suedwest.water.plugin:WaterPlugin",
            "suedwest_traffic = ckanext.suedwest.traffic.plugin:TrafficPlugin",
        ],
        # One line for each wire format: the name a source or `./suedwest decode` uses.
        "suedwest.connectors": [
            "pegelonline = ckanext.suedwest.connectors.water.pegelonline:connector",
            "csv-columns = ckanext.suedwest.connectors.sensing.csv_columns:connector",
            "json-paths = ckanext.suedwest.connectors.sensing.json_paths:connector",
            "lhp = ckanext.suedwest.connectors.water.lhp:connector",
            "datex2-parking = ckanext.suedwest.connectors.traffic.datex2_parking:connector",
            "datex2-situations = ckanext.suedwest.connectors.traffic.datex2_situations:connector",
            "kaiserslautern-pls = ckanext.suedwest.connectors.traffic.kaiserslautern_pls:connector",
            "autobahn = ckanext.suedwest.connectors.traffic.autobahn:connector",
            "roadworks-geojson = ckanext.suedwest.connectors.traffic.roadworks_geojson:connector",
            "bast = ckanext.suedwest.connectors.traffic.bast:connector",
            "datex2-measured = ckanext.suedwest.connectors.traffic.datex2_measured:connector",
            "eco-counter = ckanext.suedwest.connectors.traffic.eco_counter:connector",
            "eco-counter-csv = ckanext.suedwest.connectors.traffic.eco_counter_csv:connector",
            "radar = ckanext.suedwest.connectors.traffic.radar:connector",
            "telraam = ckanext.suedwest.connectors.traffic.telraam:connector",
            "parking-mapping = ckanext.suedwest.connectors.traffic.parking_mapping:connector",
            "parkapi = ckanext.suedwest.connectors.traffic.parkapi:connector",
            "bnetza-charging = ckanext.suedwest.connectors.traffic.bnetza_charging:connector",
            "datex2-energy-json = ckanext.suedwest.connectors.traffic.datex2_energy:connector",
            "gbfs = ckanext.suedwest.connectors.traffic.gbfs:connector",
            "ocpi-locations = ckanext.suedwest.connectors.traffic.ocpi_locations:connector",
            "ngsi-ld = ckanext.suedwest.connectors.sensing.ngsi_ld:connector",
            "senml = ckanext.suedwest.connectors.sensing.senml:connector",
            "sensorthings = ckanext.suedwest.connectors.sensing.sensorthings:connector",
            "tasmota = ckanext.suedwest.connectors.sensing.tasmota:connector",
            "tts = ckanext.suedwest.connectors.lorawan.the_things_stack:connector",
            "chirpstack = ckanext.suedwest.connectors.lorawan.chirpstack:connector",
            "chirpstack3 = ckanext.suedwest.connectors.lorawan.chirpstack_v3:connector",
            "iotcreators = ckanext.suedwest.connectors.lorawan.iotcreators:connector",
            "lorawan-recordings = ckanext.suedwest.connectors.lorawan.recordings:connector",
        ],
        # One line for each kind of LoRaWAN sensor: the name a registered device gives as `codec`.
        "suedwest.codecs": [
            f"{maker}-{model} = ckanext.suedwest.connectors.lorawan.codecs."
            f"{maker}_{model.replace('-', '_')}:codec"
            for maker, model in (
                ("bosch", "tps110"),
                ("decentlab", "dl-mbx"),
                ("decentlab", "dl-pr36"),
                ("dragino", "dds75-lb"),
                ("dragino", "ldds45"),
                ("dragino", "ldds75"),
                ("dragino", "ndds75"),
                ("dragino", "ps-lb"),
                ("milesight", "em310-udl"),
                ("milesight", "em500-swl"),
                ("milesight", "em500-udl"),
                ("milesight", "vs133"),
                ("milesight", "vs350"),
                ("parametric", "pcr2"),
            )
        ],
        "babel.extractors": ["ckan = ckan.lib.extract:extract_ckan"],
    },
    message_extractors={
        "ckanext-suedwest": [
            ("**.py", "python", None),
            ("**.js", "javascript", None),
            ("**/templates/**.html", "ckan", None),
        ],
    },
)
