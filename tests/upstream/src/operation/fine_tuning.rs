//! Fine-tuning jobs, which are done after a while and bill the tokens of their file.

use std::sync::Arc;

use hyper::Method;
use serde_json::json;
use tokio::time::sleep;

use super::Call;
use crate::answer::Answer;
use crate::shelf::found;
use crate::tokens::text_tokens;

const KIND: &str = "fine_tuning.job";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    let ["jobs", rest @ ..] = path else { return None };
    let set = |id: &str, status: &str| {
        found(KIND, id, shelf.change(KIND, id, |job| job["status"] = json!(status)))
    };
    Some(match (call.method, rest) {
        (&Method::POST, []) => create(call).unwrap_or_else(|wrong| wrong),
        (&Method::GET, []) => shelf.page(KIND, &call.route),
        (&Method::GET, [id]) => shelf.show(KIND, id),
        (&Method::POST, [id, "cancel"]) => set(id, "cancelled"),
        (&Method::POST, [id, "pause"]) => set(id, "paused"),
        (&Method::POST, [id, "resume"]) => set(id, "queued"),
        (&Method::GET, [id, "events"]) => Answer::json(&json!({
            "object": "list",
            "data": [{
                "object": "fine_tuning.job.event", "id": format!("ftevent-{id}"), "level": "info",
                "created_at": call.id.created(), "message": "Created fine-tuning job",
                "type": "message", "data": {},
            }],
            "has_more": false,
        })),
        (&Method::GET, [id, "checkpoints"]) => Answer::json(&json!({
            "object": "list",
            "data": [{
                "object": "fine_tuning.job.checkpoint", "id": format!("ftckpt-{id}"),
                "created_at": call.id.created(), "fine_tuning_job_id": id, "step_number": 1,
                "fine_tuned_model_checkpoint": "ft:gpt-4o-mini:upstream::1", "metrics": {"step": 1},
            }],
            "first_id": format!("ftckpt-{id}"),
            "last_id": format!("ftckpt-{id}"),
            "has_more": false,
        })),
        _ => return None,
    })
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let file = asked["training_file"].as_str().ok_or_else(|| Answer::missing("training_file"))?;
    let content = call.world.shelf.content(file);
    let trained = text_tokens(content.ok_or_else(|| Answer::no_such_object("File", file))?.len());
    let id = call.new_id("ftjob-");
    let job = json!({
        "id": id,
        "object": KIND,
        "model": call.model,
        "created_at": call.id.created(),
        "finished_at": null,
        "fine_tuned_model": null,
        "organization_id": "org-upstream",
        "result_files": [],
        "status": "queued",
        "validation_file": asked["validation_file"],
        "training_file": file,
        "hyperparameters": {"n_epochs": 1, "batch_size": 1, "learning_rate_multiplier": 1.0},
        "trained_tokens": null,
        "error": null,
        "seed": 7,
        "estimated_finish": null,
        "integrations": [],
        "metadata": asked["metadata"],
    });
    call.world.shelf.put(KIND, job.clone());
    let (world, created) = (Arc::clone(call.world), call.id.created());
    let name = format!("ft:{}:upstream::{created}", call.model);
    tokio::spawn(async move {
        sleep(world.settings.job).await;
        world.shelf.change(KIND, &id, |job| {
            if job["status"] == "queued" {
                job["status"] = json!("succeeded");
                (job["finished_at"], job["fine_tuned_model"]) = (json!(created + 1), json!(name));
                job["trained_tokens"] = json!(trained);
            }
        });
    });
    Ok(Answer::json(&job))
}
