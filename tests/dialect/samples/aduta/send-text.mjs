// The sample of the reference, which runs as it is but for host and key: `BASE_URL` and `SESSION_API_KEY`.
const { BASE_URL, SESSION_API_KEY } = process.env;

const res = await fetch(`${BASE_URL}/api/v1/send-message`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "Authorization": `Bearer ${SESSION_API_KEY}`,
  },
  body: JSON.stringify({
    to: "1234567890",
    text: "Hello from the API!",
  }),
});
const data = await res.json();
console.log(data.messageId);
