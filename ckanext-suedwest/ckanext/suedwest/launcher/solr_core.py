"""Makes the core `ckan` for a Solr 9: the installed CKAN's schema with ckanext-spatial's fields.

`python -m ckanext.suedwest.launcher.solr_core FOLDER`
"""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from .errors import StepFailed
from .places import CONFIG

NAME = "ckan"
_SOLRCONFIG = CONFIG / "solr" / "solrconfig.xml"
# CKAN's schema names these; without one of them Solr does not load the core.
_WORD_LISTS = ("synonyms.txt", "stopwords.txt", "protwords.txt")
# Names and types as ckanext-spatial's documentation wants them for its backends solr-bbox and
# solr-spatial-field. The boost of solr-bbox computes with its numbers, which needs docValues.
_SPATIAL_TYPES = (
    {
        "name": "location_rpt",
        "class": "solr.SpatialRecursivePrefixTreeFieldType",
        "spatialContextFactory": "JTS",
        "autoIndex": "true",
        "validationRule": "repairBuffer0",
        "distErrPct": "0.025",
        "maxDistErr": "0.001",
        "distanceUnits": "kilometers",
    },
    {"name": "bbox_number", "class": "solr.FloatPointField", "docValues": "true"},
)
_SPATIAL_FIELDS = (
    {"name": "spatial_geom", "type": "location_rpt", "stored": "true", "multiValued": "true"},
    *(
        {"name": name, "type": "bbox_number", "stored": "true"}
        for name in ("minx", "maxx", "miny", "maxy", "bbox_area")
    ),
)


def write(folder: Path) -> None:
    """Make the core in the new folder `folder`, to be put below Solr's home as `ckan`.

    Solr needs the jar `org.locationtech.jts:jts-core` on its class path to load it.

    Raises:
        StepFailed: when CKAN's schema is not where it was or looks otherwise.
        FileExistsError: when there is such a folder.
    """
    conf = folder / "conf"
    conf.mkdir(parents=True)
    (folder / "core.properties").write_text(f"name={NAME}\n", encoding="ascii")
    (conf / "schema.xml").write_bytes(schema())
    shutil.copyfile(_SOLRCONFIG, conf / "solrconfig.xml")
    for name in _WORD_LISTS:
        (conf / name).touch()


def schema() -> bytes:
    """CKAN's schema with the fields that ckanext-spatial indexes, as XML.

    Raises:
        StepFailed: when CKAN's schema is not where it was or looks otherwise.
    """
    # Found without importing it, which would load half of CKAN.
    found = find_spec("ckan")
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise StepFailed("CKAN is not installed.")
    path = Path(places[0]) / "config" / "solr" / "schema.xml"
    tree = etree.parse(path)
    for parent, tag, additions in (
        ("types", "fieldType", _SPATIAL_TYPES),
        ("fields", "field", _SPATIAL_FIELDS),
    ):
        element = tree.getroot().find(parent)
        if element is None:
            raise StepFailed(f"{path} has no <{parent}>: this CKAN's schema is another one.")
        for attributes in additions:
            etree.SubElement(element, tag, attributes)
    return etree.tostring(tree, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
