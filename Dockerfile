# The service with its production dependencies, as a user without rights, on a root filesystem that may be read-only.
#   docker build -t samurai-auth .
#   docker run --read-only -p 127.0.0.1:8000:8000 -v samurai-auth:/data samurai-auth
# How to run it for good: docs/how-to/run-with-docker.md

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The image brings Node.js itself; the copy that npm brings for machines with an older one is 200 MB too many.
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/.bin/node node_modules/node-linux-*

FROM node:26-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY contract contract
COPY sdk/verify/src sdk/verify/src
COPY docs/reference docs/reference
COPY server/src server/src
RUN install -d -m 0700 -o 10001 -g 10001 /data && install -d -o 10001 -g 10001 node_modules/.cache
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Compiled once, here, instead of at every start, by a command and by a first start that SIGTERM ends: without it each
# process would load the TypeScript stripper, 20 MB. Node.js uses what the same user compiled.
RUN node bin/samurai-auth.js version \
  && DATA_DIR=/tmp/first-start PORT=0 timeout --preserve-status 10 node bin/samurai-auth.js start \
  && rm -r /tmp/first-start
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/samurai-auth.js", "start"]
