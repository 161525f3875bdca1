curl -X POST https://api.wasaas.app/api/messages/send \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"sessionId": "your-session-id",
"to": "5511999999999@s.whatsapp.net",
"text": "Hello from WASaaS!"
}'
