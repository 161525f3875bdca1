<?php
// What samples use of Laravel, on PHP's own cURL: its HTTP client's facade, by the names that its documentation gives.

namespace Illuminate\Support\Facades;

final class Http
{
    public static function withHeaders(array $headers): PendingRequest
    {
        return new PendingRequest($headers);
    }
}

final class PendingRequest
{
    public function __construct(private array $headers)
    {
    }

    public function post(string $url, array $data = []): Response
    {
        $headers = ['Content-Type: application/json', 'Accept: application/json'];
        foreach ($this->headers as $name => $value) {
            $headers[] = "$name: $value";
        }
        $request = curl_init($url);
        curl_setopt_array($request, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => json_encode($data),
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_RETURNTRANSFER => true,
        ]);
        $body = curl_exec($request);
        if ($body === false) {
            throw new \RuntimeException(curl_error($request));
        }
        return new Response(curl_getinfo($request, CURLINFO_RESPONSE_CODE), $body);
    }
}

final class Response
{
    public function __construct(private int $status, private string $body)
    {
    }

    public function status(): int
    {
        return $this->status;
    }

    public function successful(): bool
    {
        return $this->status >= 200 && $this->status < 300;
    }

    public function json(): mixed
    {
        return json_decode($this->body, true);
    }
}
