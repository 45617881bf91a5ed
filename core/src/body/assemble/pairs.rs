//! Which pairs of geoms touch, and with what friction.

use rapier3d_f64::prelude::{
    ColliderHandle, ColliderSet, ContactModificationContext, PairFilterContext, PhysicsHooks, SolverFlags, Vector,
};

use super::super::file::{BodyFile, GeomContact, Simulation};
use super::super::world::softness::{self, SoftLaw};

/// A geom that touches others.
pub(super) struct Toucher<'a> {
    pub contact: GeomContact,
    /// Name of its link.
    pub link: &'a str,
    /// The rigid part that it belongs to; none is the world.
    pub part: Option<usize>,
    /// The part that this part is attached to.
    pub parent: Option<usize>,
}

/// For each pair of colliders (their numbers are their user data) the friction between them, or nothing.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    count: usize,
    friction: Vec<Option<f64>>,
    /// How contacts push back; none leaves it to Rapier.
    soft: Option<SoftContacts>,
    /// Per collider, the number of its link in the file; the world is 0.
    pub links: Vec<usize>,
    /// Per collider, the name of its geom.
    pub geoms: Vec<String>,
}

impl Pairs {
    /// Returns the rule of `GeomContact`, with the file's exceptions.
    pub(super) fn new(file: &BodyFile, touchers: &[Toucher], links: Vec<usize>, geoms: Vec<String>) -> Self {
        let excluded =
            |a: &str, b: &str| file.contact.exclude.iter().any(|[x, y]| (x == a && y == b) || (x == b && y == a));
        let rule = |a: &Toucher, b: &Toucher| {
            let wanted = (a.contact.kind & b.contact.touches) | (b.contact.kind & a.contact.touches) != 0;
            let of_parent = |child: &Toucher, parent: &Toucher| {
                child.part.is_some() && parent.part.is_some() && child.parent == parent.part
            };
            let related = a.part == b.part || of_parent(a, b) || of_parent(b, a);
            (wanted && !related && !excluded(a.link, b.link)).then(|| friction(&a.contact, &b.contact))
        };
        let friction = touchers.iter().flat_map(|a| touchers.iter().map(move |b| rule(a, b))).collect();
        let soft = Some(SoftContacts::new(&file.simulation));
        Self { count: touchers.len(), friction, soft, links, geoms }
    }

    /// Returns whether any two geoms that move touch: numbers of colliders for which `moves` holds.
    pub fn any(&self, moves: impl Fn(usize) -> bool) -> bool {
        let moving: Vec<usize> = (0..self.count).filter(|i| moves(*i)).collect();
        moving.iter().any(|i| moving.iter().any(|j| self.friction[i * self.count + j].is_some()))
    }

    /// Returns whether two colliders touch where they meet.
    pub fn touch(&self, colliders: &ColliderSet, a: ColliderHandle, b: ColliderHandle) -> bool {
        self.between(colliders, a, b).is_some()
    }

    /// Returns the number of a collider.
    pub fn number(colliders: &ColliderSet, handle: ColliderHandle) -> usize {
        colliders.get(handle).and_then(|collider| usize::try_from(collider.user_data).ok()).unwrap_or(usize::MAX)
    }

    fn between(&self, colliders: &ColliderSet, a: ColliderHandle, b: ColliderHandle) -> Option<f64> {
        let (a, b) = (Self::number(colliders, a), Self::number(colliders, b));
        if a.max(b) < self.count { self.friction[a * self.count + b] } else { None }
    }
}

/// How overlapping geoms are pushed apart, and how friction slows them.
#[derive(Clone, Copy, Debug)]
struct SoftContacts {
    law: SoftLaw,
    dt: f64,
    /// Of Rapier's rows.
    rate: f64,
}

impl SoftContacts {
    fn new(simulation: &Simulation) -> Self {
        let (softness, dt) = (&simulation.solver.softness, simulation.time_step());
        Self { law: SoftLaw::new(softness, dt), dt, rate: softness::rate(softness.firmness[1], dt) }
    }

    /// Returns the gap (m) at which Rapier's row aims at the velocity that the law gives at a depth and a speed of
    /// approach.
    fn gap(&self, depth: f64, approach: f64) -> f64 {
        let target = self.law.target(depth, approach);
        // Rapier lets a gap close in one step, and opens an overlap at the rate of its spring.
        if target > 0.0 { target * self.dt } else { target / self.rate }
    }

    /// Returns what the law leaves of a sliding velocity in a time step in which friction is not at its largest:
    /// friction is as soft as what pushes geoms apart. Without that, bodies would stop dead where the suite's simulator
    /// lets them glide on for some hundredths of a second.
    fn kept(&self, sliding: Vector) -> Vector {
        sliding * self.law.target(0.0, 1.0)
    }
}

fn friction(a: &GeomContact, b: &GeomContact) -> f64 {
    let of = |contact: &GeomContact| if contact.frictionless { 0.0 } else { contact.friction };
    match a.priority.cmp(&b.priority) {
        std::cmp::Ordering::Greater => of(a),
        std::cmp::Ordering::Less => of(b),
        std::cmp::Ordering::Equal if a.frictionless && b.frictionless => 0.0,
        std::cmp::Ordering::Equal => a.friction.max(b.friction),
    }
}

impl PhysicsHooks for Pairs {
    fn filter_contact_pair(&self, context: &PairFilterContext) -> Option<SolverFlags> {
        self.between(context.colliders, context.collider1, context.collider2).map(|_| SolverFlags::default())
    }

    fn modify_solver_contacts(&self, context: &mut ContactModificationContext) {
        let friction = self.between(context.colliders, context.collider1, context.collider2).unwrap_or(0.0);
        let sides =
            [context.rigid_body1, context.rigid_body2].map(|body| body.and_then(|body| context.bodies.get(body)));
        let Some(rigid) = context.rigid_mut() else { return };
        *rigid.friction = friction;
        let Some(soft) = &self.soft else { return };
        let normal = *rigid.normal;
        for contact in rigid.solver_contacts.iter_mut().filter(|contact| contact.dist < 0.0) {
            let sides = [(sides[0], contact.anchor1), (sides[1], contact.anchor2)];
            let [first, second] = sides.map(|(body, at)| body.map_or(Vector::ZERO, |body| body.velocity_at_point(at)));
            let approach = (first - second).dot(normal);
            let sliding = first - second - normal * approach;
            contact.dist = soft.gap(-contact.dist, approach);
            contact.tangent_velocity = -soft.kept(sliding);
        }
    }
}
