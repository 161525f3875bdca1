curl -X POST https://app.wessaal.com/integration/v1/messages/send \
  -H "X-API-Key: sk_live_your_api_key_here" \
  -H "Content-Type: application/json" \
  -d '{
    "instance": "my-instance",
    "recipient": "+966501234567",
    "message_type": "text",
    "content": "Hello from cURL!"
  }'
