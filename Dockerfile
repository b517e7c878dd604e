# docker build -t comet . && docker run -p 127.0.0.1:6379:6379 -v comet-data:/data comet --protected-mode no
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /comet ./cmd/comet \
 && mkdir /data

FROM scratch
COPY --from=build /comet /comet
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 6379
STOPSIGNAL SIGTERM
ENTRYPOINT ["/comet", "--dir", "/data"]
