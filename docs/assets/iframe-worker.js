// A browser starts no worker from a file. For pages that are opened as files, `Worker` is a hidden
// frame that loads the script and exchanges messages with the page, so that the search works without
// a server. Pages from a server keep the browser's own workers.
"use strict";
(() => {
  if (location.protocol !== "file:") return;

  class IFrameWorker extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.appendChild(this.frame);
      const inside = this.frame.contentWindow;
      addEventListener("message", (event) => {
        if (event.source !== inside) return;
        this.dispatchEvent(new MessageEvent("message", { data: event.data }));
        this.onmessage?.(event);
      });
      const prelude = inside.document;
      prelude.open();
      prelude.write(`<body><script>
        postMessage = (data) => parent.postMessage(data, "*");
        importScripts = async (...urls) => {
          for (const url of urls) {
            await new Promise((resolve, reject) => {
              const script = document.createElement("script");
              Object.assign(script, { src: url, onload: resolve, onerror: reject });
              document.body.appendChild(script);
            });
          }
        };
      <\/script><script src="${url}"><\/script></body>`);
      prelude.close();
      // Opening the document has removed the listeners of before.
      this.ready = new Promise((resolve) => inside.addEventListener("load", resolve, { once: true }));
    }

    postMessage(data) {
      this.ready.then(() => {
        const event = new MessageEvent("message", { data: structuredClone(data) });
        this.frame.contentWindow.dispatchEvent(event);
      });
    }

    terminate() {
      this.frame.remove();
    }
  }

  window.Worker = IFrameWorker;
})();
