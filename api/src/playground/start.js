// The key stays in this page: it is neither stored nor sent anywhere but to this server.
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#playground',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
})
