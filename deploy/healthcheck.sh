#!/bin/bash
# hedgerow-health PATH: exits 0 when the process of this container answers PATH with 200 within two seconds.
exec 2>/dev/null
exec 3<>"/dev/tcp/127.0.0.1/${HEDGEROW_PORT:-8080}" || exit 1
printf 'GET %s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n' "${1:-/livez}" >&3 || exit 1
read -r -t 2 _ status _ <&3 || exit 1
[[ $status == 200 ]]
