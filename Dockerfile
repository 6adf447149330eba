# The server of predictions: docker build -t bnnc-serve . ; docs/serving.md says how to run it.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
# What the model runs on: `serve` with onnxruntime for an export to ONNX, `tf,serve` for a run.
ARG EXTRAS=serve
ARG PACKAGES=onnxruntime
WORKDIR /source
COPY . .
RUN python -m venv /opt/bnnc
RUN /opt/bnnc/bin/pip install --no-cache-dir ".[${EXTRAS}]" ${PACKAGES}

FROM python:${PYTHON}-slim
RUN useradd --system --no-create-home --uid 10001 bnnc
COPY --from=build /opt/bnnc /opt/bnnc
ENV PATH=/opt/bnnc/bin:$PATH PYTHONUNBUFFERED=1
USER bnnc
WORKDIR /tmp
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/v2/health/ready', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bnnc", "serve", "--host", "0.0.0.0", "--port", "8080"]
CMD ["/model"]
