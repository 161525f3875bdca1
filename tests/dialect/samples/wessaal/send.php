use Illuminate\Support\Facades\Http;

$apiKey = 'sk_live_your_api_key_here';

$response = Http::withHeaders([
    'X-API-Key' => $apiKey,
])->post('https://app.wessaal.com/integration/v1/messages/send', [
    'instance'     => 'my-instance',
    'recipient'    => '+966501234567',
    'message_type' => 'text',
    'content'      => 'Hello from PHP!',
]);

if ($response->successful()) {
    $data = $response->json();
    echo 'Queued! ID: ' . $data['data']['message_id'];
    echo ' | Credits: ' . $data['data']['credits_charged'];
} else {
    $error = $response->json();
    echo 'Error ' . $response->status() . ': ' . $error['message'];
}
