//! Around every page: forms from elsewhere are turned away, and problems become pages.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use web::{Page, is_from_our_pages};

use crate::problem::{Problem, Shown};

pub async fn frame(request: Request, next: Next) -> Response {
    let Some(ctx) = request.extensions().get::<Ctx>().cloned() else {
        return next.run(request).await;
    };
    let headers = request.headers().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    // Before the handler reads anything.
    let response = if is_from_our_pages(&ctx.app, request.method(), &headers) {
        next.run(request).await
    } else {
        Problem::CrossSite.into_response()
    };
    match response.extensions().get::<Shown>() {
        None => response,
        Some(Shown { template, context }) => {
            let page = Page::new(&ctx, template, &headers, &query).with_status(response.status());
            page.render(&ctx, context)
        }
    }
}
