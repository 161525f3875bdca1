import requests

api_key = 'sk_live_your_api_key_here'
headers = {'X-API-Key': api_key, 'Content-Type': 'application/json'}
payload = {
    'instance':     'my-instance',
    'recipient':    '+966501234567',
    'message_type': 'text',
    'content':      'Hello from Python!'
}

response = requests.post(
    'https://app.wessaal.com/integration/v1/messages/send',
    json=payload,
    headers=headers
)

if response.status_code == 202:
    data = response.json()
    msg_id  = data['data']['message_id']
    credits = data['data']['credits_charged']
    print(f'Queued! ID: {msg_id} | Credits charged: {credits}')
else:
    error = response.json()
    print(f'Error {response.status_code}: {error["message"]}')
