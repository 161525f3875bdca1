const axios = require('axios');

const apiKey = 'sk_live_your_api_key_here';

async function sendMessage() {
  try {
    const response = await axios.post(
      'https://app.wessaal.com/integration/v1/messages/send',
      {
        instance:     'my-instance',
        recipient:    '+966501234567',
        message_type: 'text',
        content:      'Hello from Node.js!'
      },
      { headers: { 'X-API-Key': apiKey } }
    );
    const { message_id, credits_charged } = response.data.data;
    console.log(`Queued! ID: ${message_id} | Credits: ${credits_charged}`);
  } catch (error) {
    const status = error.response?.status;
    const msg    = error.response?.data?.message || error.message;
    console.error(`Error ${status}: ${msg}`);
  }
}

sendMessage();
