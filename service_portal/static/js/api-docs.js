// Starts Swagger UI on the OpenAPI document; the token one enters lives in this tab only.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api-docs");
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    displayRequestDuration: true,
    requestInterceptor: (request) => ({ ...request, credentials: "omit" }),
  });
});
