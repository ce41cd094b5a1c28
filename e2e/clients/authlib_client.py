"""A relying party with Authlib, in two runs: `begin` prints where to send the person, and what to
keep; `finish` takes that and the address at which they came back, and prints what it learned.

Everything is found by discovery. Arguments and answers are JSON.
"""

import json
import sys

from authlib.integrations.requests_client import OAuth2Session
from authlib.common.security import generate_token
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken
import requests


def session(application, document, token=None):
    return OAuth2Session(
        application["client_id"],
        application["client_secret"],
        scope=application["scope"],
        redirect_uri=application["redirect_uri"],
        token_endpoint=document["token_endpoint"],
        token_endpoint_auth_method=application["method"],
        code_challenge_method="S256",
        token=token,
    )


def begin(application):
    document = requests.get(application["issuer"] + "/.well-known/openid-configuration").json()
    verifier, nonce = generate_token(48), generate_token(20)
    url, state = session(application, document).create_authorization_url(
        document["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    return {"url": url, "kept": {"document": document, "verifier": verifier, "nonce": nonce, "state": state}}


def finish(application, kept, callback):
    document = kept["document"]
    client = session(application, document)
    token = client.fetch_token(
        authorization_response=callback, state=kept["state"], code_verifier=kept["verifier"]
    )
    keys = JsonWebKey.import_key_set(requests.get(document["jwks_uri"]).json())
    claims = jwt.decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={
            "iss": {"essential": True, "value": document["issuer"]},
            "aud": {"essential": True, "value": application["client_id"]},
        },
        claims_params={"nonce": kept["nonce"], "access_token": token["access_token"]},
    )
    claims.validate()
    person = client.get(document["userinfo_endpoint"]).json()
    refreshed = client.refresh_token(document["token_endpoint"], refresh_token=token["refresh_token"])
    again = client.get(document["userinfo_endpoint"]).json()
    revoked = client.revoke_token(
        document["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token"
    )
    return {
        "claims": dict(claims),
        "person": person,
        "again": again["sub"],
        "is_fresh": refreshed["access_token"] != token["access_token"],
        "revoked": revoked.status_code,
    }


if __name__ == "__main__":
    step = {"begin": begin, "finish": finish}[sys.argv[1]]
    print(json.dumps(step(*[json.loads(it) for it in sys.argv[2:]])))
