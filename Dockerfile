# The lock was made with this Python; another one may need other requirements.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# What changes rarely first: the locked requirements, each checked by its hash; wheels only, there is no compiler.
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/interlock \
    && /opt/interlock/bin/pip install --only-binary :all: --require-hashes -r requirements/run.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE workers.yaml ./
COPY grammars/ grammars/
COPY statemachines/ statemachines/
COPY engine/ engine/
# The build tools stay in a place of their own and do not travel.
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/interlock/bin/pip install --no-deps --no-index --find-links /wheels interlock \
    && /opt/interlock/bin/pip uninstall --yes setuptools pip

FROM python:${PYTHON}-slim-bookworm
# A number that orchestrators can compare with "not root"; the folder is the user's before it becomes a volume.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/interlock interlock \
    && install -d -m 0700 -o interlock -g interlock /var/lib/interlock \
    && install -d /etc/interlock
COPY --from=build /opt/interlock /opt/interlock
# 0.0.0.0 is how a container is reached; the management routes then need INTERLOCK_TOKEN and answer 401 without it.
ENV PATH=/opt/interlock/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    INTERLOCK_HOST=0.0.0.0 \
    INTERLOCK_PORT=9091 \
    INTERLOCK_STORE=sqlite:////var/lib/interlock/interlock.db \
    INTERLOCK_WORKERS=/etc/interlock/workers.yaml \
    INTERLOCK_MACHINES=/etc/interlock/statemachines \
    INTERLOCK_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/interlock
# The store and, without INTERLOCK_SECRET_KEY, the key beside it.
VOLUME /var/lib/interlock
EXPOSE 9091
# The daemon drains for up to 10 seconds, which is all that docker allows unasked: stop it with `docker stop -t 20`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('INTERLOCK_PORT') or 9091), timeout=2); c.request('GET', '/livez'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["interlock"]
CMD ["run"]
