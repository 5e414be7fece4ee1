# The gateway: Nginx with Frontrow's configuration, filled in from the environment when it starts.
ARG NGINX_IMAGE=nginx:1.30
FROM ${NGINX_IMAGE}
COPY gateway/nginx/nginx.conf.template /gateway/
COPY deploy/gateway/start-gateway.sh /gateway/
# A named volume takes its owner from here; a mounted folder may hold a certificate of your own.
RUN mkdir /certificates && chown 101:101 /certificates
# Not root: no port below 1024, and nothing written outside of /tmp and /certificates.
USER 101:101
EXPOSE 8080 8443
# SIGQUIT: requests in work are finished first; nginx.conf.template says for how long.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/gateway/start-gateway.sh"]
