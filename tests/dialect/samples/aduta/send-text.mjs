const res = await fetch("https://yourdomain.com/api/v1/send-message", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "Authorization": "Bearer YOUR_SESSION_API_KEY",
  },
  body: JSON.stringify({
    to: "1234567890",
    text: "Hello from the API!",
  }),
});
const data = await res.json();
console.log(data.messageId);
