<?php

// AggrePay's request and response hashes by PHP's own ksort, json_decode and json_encode: the oracle of php.test.ts.
// Reads one case a line, as tab-separated base64; answers one line each.
//   request  salt body           -> whether its hash is the one PHP computes, that hash, how many fields
//   reply    body salt [salt...] -> verdict; then, as base64, the reply, and without its hash in the default form and with bare slashes

declare(strict_types=1);

function requestHash(string $salt, array $fields): string
{
    ksort($fields);
    $text = $salt;
    foreach ($fields as $value) {
        if (strlen($value) > 0) {
            $text .= '|' . $value;
        }
    }
    return strtoupper(hash('sha512', $text));
}

function answerRequest(string $salt, string $body): array
{
    parse_str($body, $fields);
    $sent = $fields['hash'];
    unset($fields['hash']);
    $hash = requestHash($salt, $fields);
    return [$sent === $hash ? 'same' : 'different', $hash, count($fields)];
}

function answerReply(string $body, array $salts): array
{
    // A byte order mark is passed over once, with white space before it; PHP would refuse it.
    $body = preg_replace('/^[ \t\r\n]*\xEF\xBB\xBF/', '', $body);
    $reply = json_decode($body, true);
    if (json_last_error() !== JSON_ERROR_NONE) {
        return ['undecodable'];
    }
    $whole = json_encode($reply);
    $whole = $whole === false ? 'unencodable' : base64_encode($whole);
    // Decoded with true, a list and an object look the same.
    if (!is_array($reply) || ltrim($body, " \t\r\n")[0] !== '{') {
        return ['not-an-object', $whole];
    }

    $keys = array_map('strval', array_keys($reply));
    // No property of an object may begin with NUL.
    $members = json_decode(str_replace('"\\u0000', '"_\\u0000', $body));
    $hash = said($members, 'error') === null ? filled($members, 'hash') : said($members, 'hash');
    unset($reply['hash']);
    $escaped = json_encode($reply);
    $bare = json_encode($reply, JSON_UNESCAPED_SLASHES);
    if ($escaped === false || $bare === false) {
        return ['unencodable', $whole];
    }

    $verdict = verdict($members, $keys, $hash, $escaped, $bare, $salts);
    return [$verdict, $whole, base64_encode($escaped), base64_encode($bare)];
}

// Null where PHP writes an empty text or list for it. $members are those of the reply with objects kept as objects.
function filled(object $members, string $name): mixed
{
    $value = $members->$name ?? null;
    return $value === '' || $value === [] ? null : $value;
}

// Nothing, in any form that an error reply gives it: what is empty, false or 0, and what holds no more than that.
function nothing(mixed $value): bool
{
    if (is_object($value) || is_array($value)) {
        return array_filter((array) $value, fn ($each) => !nothing($each)) === [];
    }
    return $value === null || $value === '' || $value === false || $value === 0;
}

function said(object $members, string $name): mixed
{
    $value = $members->$name ?? null;
    return nothing($value) ? null : $value;
}

function verdict(object $members, array $keys, mixed $hash, string $escaped, string $bare, array $salts): string
{
    if ($hash === null) {
        $error = said($members, 'error');
        $shown = $error === null ? 'filled' : 'said';
        if ($shown($members, 'data') !== null || $shown($members, 'page') !== null) {
            return 'unverified';
        }
        $complete = array_diff(['data', 'error', 'page', 'hash'], $keys) === [];
        return $error !== null || $complete ? 'unsigned' : 'unverified';
    }
    foreach ($salts as $salt) {
        foreach ([$escaped, $bare] as $text) {
            if ($hash === strtoupper(hash('sha512', $salt . $text))) {
                return 'signed';
            }
        }
    }
    return 'unverified';
}

while (($line = fgets(STDIN)) !== false) {
    [$kind, $first, $second] = $parts = array_map('base64_decode', explode("\t", rtrim($line, "\n")));
    $answer = $kind === 'request' ? answerRequest($first, $second) : answerReply($first, array_slice($parts, 2));
    echo implode("\t", $answer), "\n";
}
