# windvane with all that a cluster needs: `docker build -t windvane .`, then any command: `docker run windvane worker --help`.
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY collectors ./collectors
COPY dashboards ./dashboards
COPY storage ./storage
COPY stream ./stream
# Its links to the folders above come as links.
COPY src ./src
RUN python -m venv /opt/windvane && /opt/windvane/bin/pip install --no-cache-dir '.[cluster]'

FROM python:3.12-slim
# A volume that is first mounted at /grafana belongs to the user, as the folder does: `windvane grafana write /grafana`.
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin windvane \
    && install --directory --owner 10001 /grafana
COPY --from=build /opt/windvane /opt/windvane
ENV PATH=/opt/windvane/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 10001
ENTRYPOINT ["windvane"]
CMD ["--help"]
