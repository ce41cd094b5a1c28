use super::*;

fn lane(app: &str, sink: usize) -> Lane {
    Lane { app: AppId::new(app), sink: format!("hook:{sink}") }
}

/// Lanes of these projects that never come to an end.
fn hanging(counts: &[(&str, usize)]) -> Lanes {
    let mut lanes = Lanes::default();
    for (app, count) in counts {
        for sink in 0..*count {
            let task = lanes.tasks.spawn(std::future::pending());
            lanes.under_way.insert(task.id(), lane(app, sink));
        }
    }
    lanes
}

#[tokio::test]
async fn receivers_that_hang_cost_their_own_project_alone() {
    let lanes = hanging(&[("slow", LANES_OF_A_PROJECT_MAX)]);
    assert!(!lanes.has_room_for(&lane("slow", 99)));
    assert!(lanes.has_room_for(&lane("other", 0)));
}

#[tokio::test]
async fn a_place_has_one_lane() {
    let lanes = hanging(&[("a", 1)]);
    assert!(!lanes.has_room_for(&lane("a", 0)));
    assert!(lanes.has_room_for(&lane("a", 1)));
}

#[tokio::test]
async fn lanes_have_a_bound_and_one_that_ends_makes_room() {
    let mut lanes = hanging(&[("a", 16), ("b", 16), ("c", 16), ("d", 15)]);
    let task = lanes.tasks.spawn(std::future::ready(()));
    lanes.under_way.insert(task.id(), lane("e", 0));
    assert!(!lanes.has_room_for(&lane("f", 0)));
    lanes.one_ends().await;
    assert!(lanes.has_room_for(&lane("f", 0)));
}
