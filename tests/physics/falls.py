#!/usr/bin/env python3
"""Falls of the suite's bodies from many starts, for tests/physics/falls.rs.

    pip install mujoco==3.17.0 dm_control==1.0.50 numpy safetensors
    python tests/physics/falls.py tests/data/dmc/falls.safetensors

Each start is a pose near the body's own, inside the joint limits, turned and moving a little, 5 cm above the floor. Kept of
each: where it starts, and what became of the centre of mass after 100 control steps without control: its height, its way
along the ground, and when its height is for good within 5% of the fall of the last one. What the models are and how they are
licensed (Apache-2.0) is said in the body files.
"""

import sys

import mujoco
import numpy as np
from dm_control import suite
from safetensors.numpy import save_file

BODIES = {"cheetah": "run", "dog": "walk", "hopper": "stand", "humanoid": "walk", "quadruped": "walk", "walker": "walk"}
STARTS, STEPS = 24, 100


def start(model, rng):
    """A pose and velocities."""
    q, v = model.qpos0.copy(), np.zeros(model.nv)
    for joint in range(model.njnt):
        kind, qa, da = model.jnt_type[joint], model.jnt_qposadr[joint], model.jnt_dofadr[joint]
        if kind == mujoco.mjtJoint.mjJNT_FREE:
            axis, angle = rng.standard_normal(3), rng.uniform(0.2, 0.5)
            axis *= np.sin(angle / 2) / np.linalg.norm(axis)
            q[qa + 3 : qa + 7] = [np.cos(angle / 2), *axis]
            v[da : da + 6] = rng.uniform(-1, 1, 6) * [0.5, 0.5, 0.5, 1, 1, 1]
            continue
        if model.jnt_limited[joint]:
            low, high = model.jnt_range[joint]
            spread = rng.uniform(-0.35, 0.35) * (high - low) / 2
            q[qa] = np.clip(q[qa] + spread, low + 0.15 * (high - low), high - 0.15 * (high - low))
        elif kind == mujoco.mjtJoint.mjJNT_HINGE:
            q[qa] += rng.uniform(-0.5, 0.5)
        v[da] = rng.uniform(-1, 1) * (1 if kind == mujoco.mjtJoint.mjJNT_HINGE else 0.2)
    return q, v


def adjust(domain, model, q):
    """Keeps what is coupled, and lifts the body off the floor."""
    at = lambda name: int(model.joint(name).qposadr[0])
    if domain == "quadruped":
        for leg in ("front_left", "front_right", "back_right", "back_left"):
            q[at(f"ankle_{leg}")] = -(q[at(f"pitch_{leg}")] + q[at(f"knee_{leg}")])
    height = 2 if model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE else at("rootz")
    data = mujoco.MjData(model)
    for _ in range(1000):
        data.qpos[:] = q
        mujoco.mj_forward(model, data)
        floor = [c for c in data.contact[: data.ncon] if 0 in model.geom_bodyid[list(c.geom)]]
        if not floor:
            break
        q[height] += 0.01
    q[height] += 0.05


def fall(model, substeps, timestep, q, v):
    data = mujoco.MjData(model)
    data.qpos[:], data.qvel[:] = q, v
    path = []
    for step in range(STEPS + 1):
        if step:
            mujoco.mj_step(model, data, substeps)
        mujoco.mj_forward(model, data)
        path.append(data.subtree_com[0].copy())
    path = np.array(path)
    unsettled = np.abs(path[:, 2] - path[-1, 2]) > 0.05 * abs(path[0, 2] - path[-1, 2])
    settled = (np.nonzero(unsettled)[0][-1] + 1) * timestep if unsettled.any() else 0.0
    return [path[-1, 2], np.hypot(*(path[-1] - path[0])[:2]), settled]


def main(out):
    arrays = {}
    for number, (domain, task) in enumerate(BODIES.items()):
        env = suite.load(domain, task)
        model, substeps = env.physics.model.ptr, round(env.control_timestep() / env.physics.timestep())
        rng = np.random.default_rng(7000 + number)
        rows = {"q": [], "qd": [], "fall": []}
        for _ in range(STARTS):
            q, v = start(model, rng)
            adjust(domain, model, q)
            rows["q"].append(q)
            rows["qd"].append(v)
            rows["fall"].append(fall(model, substeps, env.control_timestep(), q, v))
        for name, row in rows.items():
            arrays[f"{domain}.{name}"] = np.array(row)
        print(domain, np.quantile(np.array(rows["fall"]), [0.25, 0.5, 0.75], axis=0).round(3).tolist())
    save_file(arrays, out)


main(sys.argv[1])
