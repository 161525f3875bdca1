curl -X GET "https://api.wastack.in/api/v1/devices" \
-H "X-App-Key: your_app_key" \
-H "Authorization: Bearer your_auth_key"
