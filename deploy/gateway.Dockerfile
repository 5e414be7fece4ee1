# The gateway: Nginx with the built pages and Frontrow's configuration, filled in from the environment when it starts.
ARG NGINX_IMAGE=nginx:1.30
ARG NODE_IMAGE=node:24-trixie-slim

# What the other workspaces need only to be tested is left out, as in deploy/Dockerfile; the pages are made of what theirs names.
FROM ${NODE_IMAGE} AS pages
WORKDIR /app
COPY . .
RUN node -e 'for (const file of process.argv.slice(1)) { \
      const { devDependencies, ...kept } = JSON.parse(fs.readFileSync(file)); \
      fs.writeFileSync(file, JSON.stringify(kept)) }' $(find . -name package.json -not -path "./web/*") \
 && npm ci --workspace=@frontrow/web --cache /tmp/npm
RUN node web/build/main.ts /pages && rm -r /pages/.vite

FROM ${NGINX_IMAGE}
COPY --from=pages /pages /pages
COPY gateway/nginx/*.conf.template /gateway/
COPY deploy/gateway/start-gateway.sh deploy/gateway/check-production.sh /gateway/
# A named volume takes its owner from here; a mounted folder may hold a certificate of your own.
RUN mkdir /certificates && chown 101:101 /certificates
ENV NODE_ENV=production
# Not root: no port below 1024, and nothing written outside of /tmp and /certificates.
USER 101:101
EXPOSE 8080 8443
# SIGQUIT: requests in work are finished first.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/gateway/start-gateway.sh"]
