# syntax=docker/dockerfile:1
# The command line as one file, without Node: docker build -f deploy/executable.Dockerfile -t wechatpay-edge-simulator .

FROM node:24-slim AS build
WORKDIR /source
COPY . .
# The script `dependencies` of package.json generates the code from the definitions and builds.
RUN npm ci && node scripts/executable.ts '' /wechatpay-edge

# It has glibc, certificates of authorities and time zones: no shell, no package manager.
FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /wechatpay-edge /usr/local/bin/wechatpay-edge
USER 65532:65532
WORKDIR /home/nonroot
EXPOSE 8989
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/wechatpay-edge", "health", "http://127.0.0.1:8989/healthz"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/wechatpay-edge"]
CMD ["simulator", "--host", "0.0.0.0", "--folder", "/home/nonroot/wechatpay"]
