#!/bin/bash
# hedgerow-health PATH: exits 0 when the process of this container answers PATH with 200 within two seconds.
path=${1:-/livez}
port=${HEDGEROW_PORT:-8080}

plain() {
  local status=
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return
  printf 'GET %s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n' "$path" >&3
  read -r -t 2 _ status _ <&3
  [[ $status == 200 ]]
}

# The certificate is for its callers to judge: this asks whether the process answers.
encrypted() {
  node -e 'const [port, path] = process.argv.slice(1);
    require("node:https").get({ host: "127.0.0.1", port, path, rejectUnauthorized: false, timeout: 2000 }, (answer) =>
      process.exit(answer.statusCode === 200 ? 0 : 1)).on("error", () => process.exit(1)).on("timeout", () => process.exit(1));' \
    "$port" "$path"
}

plain 2>/dev/null && exit 0
[[ -n ${HEDGEROW_TLS_CERT:-}${HEDGEROW_LINK_CERT:-} ]] && encrypted
