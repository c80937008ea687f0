#!/bin/sh
# Redis reads no password from a file of its own choice, and its arguments are seen by everybody.
set -eu
umask 077
printf 'requirepass %s\n' "$(cat /run/secrets/redis_password)" >/run/redis/password.conf
exec redis-server /etc/redis/redis.conf
