# One image, several commands (docker-compose.yml). glibc on purpose: several wheels have no musl build.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/run.txt .
RUN python -m venv /opt/casehug \
 && /opt/casehug/bin/pip install --no-cache-dir --require-hashes -r run.txt

FROM python:3.13-slim
ENV PATH=/opt/casehug/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CASEHUG_NO_BOOTSTRAP=1 \
    CASEHUG_MEDIA_DIR=/data/uploads \
    DJANGO_SETTINGS_MODULE=casehug.settings.production
RUN useradd --uid 10001 --no-create-home --home-dir / --shell /usr/sbin/nologin casehug \
 && install -d -o casehug -g casehug /data/uploads
WORKDIR /app
COPY --from=build /opt/casehug /opt/casehug
COPY manage.py ./
COPY casehug casehug
COPY integrations integrations
COPY templates templates
COPY static static
COPY deploy/healthcheck.py deploy/healthcheck.py
# Settings refuse to load without keys; these are thrown away with the command.
RUN python -m compileall -q casehug integrations \
 && KEY=$(python -c "import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())") \
 && CASEHUG_SECRET_KEY=$KEY$KEY CASEHUG_KEK=build:$KEY CASEHUG_INDEX_KEY=$KEY CASEHUG_AUDIT_KEY=$KEY \
    CASEHUG_HOSTS=build.example CASEHUG_BASE_URL=https://build.example \
    python manage.py collectstatic --noinput
USER casehug
EXPOSE 8000
CMD ["gunicorn", "casehug.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
