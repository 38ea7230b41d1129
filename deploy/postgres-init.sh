#!/bin/sh
# Runs once, when the database is first made: the same role statements as a local run.
set -eu
exec psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v database="$POSTGRES_DB" \
  -v owner_password="$CX_OWNER_PASSWORD" \
  -v app_password="$CX_APP_PASSWORD" \
  -v relay_password="$CX_RELAY_PASSWORD" \
  --file /roles.sql
