#!/bin/sh
# The image's entry point reads this before each start of Solr. The core's configuration is the
# image's, so a newer image brings its newer schema; the index in the volume stays.
core="$SOLR_HOME/ckan"
mkdir -p "$core"
rm -rf "$core/conf"
cp -R /opt/ckan-core/. "$core/"
