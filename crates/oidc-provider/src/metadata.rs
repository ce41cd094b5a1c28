//! Metadata and keys: what clients read before anything else.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use ctx::App;
use http::header;
use oauth::Discovery;
use web::CtxOf;

/// The document, written once for each snapshot of a project.
struct Written(Bytes);

impl Written {
    fn of(app: &App) -> Self {
        let algorithms = app.keys.algorithms().map(jose::Algorithm::name).collect();
        let mut document = Discovery::new(app.origin(), app.languages().to_vec(), algorithms);
        let config = &app.config.oauth;
        document.registration_endpoint = config
            .x_client_registration
            .enabled
            .then(|| format!("{}/oauth2/register", app.origin()));
        document.client_id_metadata_document_supported =
            config.x_client_id_metadata_documents_enabled;
        document.protected_resources.clone_from(&config.x_user_token_resources);
        Self(serde_json::to_vec(&document).expect("texts, lists and flags are JSON").into())
    }
}

/// `GET /.well-known/openid-configuration`, and the same under the name of RFC 8414.
pub async fn discovery(CtxOf(ctx): CtxOf) -> Response {
    json(ctx.app.derived(Written::of).0.clone())
}

/// `GET /oauth2/jwks`: the public halves of all keys, retired ones included.
pub async fn jwks(CtxOf(ctx): CtxOf) -> Response {
    json(ctx.app.keys.jwks().to_owned().into())
}

fn json(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
