SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  // The default would send the document to a validator on the internet.
  validatorUrl: null,
})
