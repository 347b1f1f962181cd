"""The scores' factor of the joint density and its gradient, fused by hand in Numba.

What a density library in C would do where array code cannot: one pass over cells and nodes,
one over models and points, no temporaries, sums over the scores there are (not a matrix with
zeros), points too far out to matter skipped, digamma from log gamma's own terms.
Nodes, points and interpolation of `densing.models.joint`; one thread, no fast-math, no allocation.
"""

import math

from fused_special import exponential, gammas, normal_tails
from numba import njit

FIELDS = (
    "log_irreducible", "log_size_term", "alpha", "log_data_term", "beta", "floor", "ceiling",
    "steepness", "midpoint", "discrepancy", "shift",
)  # fmt: skip
"""Rows of the curves' array, shape (11, cell)."""
ROOT_3 = math.sqrt(3.0)
LARGEST_LOG_TERM = 50.0
STENCIL, MARGIN = 8, 3
NEGLIGIBLE = -50.0
"""Points about nodes whose log terms lie this far below the highest are left out."""


@njit(error_model="numpy")
def cells_forward(curves, d, items, rho, nodes, shapes, slopes, lanes, real, bits):
    """Beta shapes at each cell and node: a, b, log B(a, b) and what the way back needs."""
    gamma_values, work = lanes[:3], lanes[3:]
    for c in range(curves.shape[1]):
        irreducible = math.exp(curves[0, c])
        data = math.exp(curves[3, c] - curves[4, c] * d[c])
        floor, span = curves[5, c], curves[6, c] - curves[5, c]
        far = math.exp(ROOT_3 * curves[9, c])
        near = 1.0 / far
        steep, rate = curves[7, c], curves[7, c] / curves[8, c]
        inflation = 1.0 / items[c] + (1.0 - 1.0 / items[c]) * rho
        s0, s1, s2, size = slopes[c, 0], slopes[c, 1], slopes[c, 2], slopes[c, 3]
        mean, variance, inner, total = slopes[c, 4], slopes[c, 5], slopes[c, 6], slopes[c, 7]
        a, b, log_beta = shapes[c, 0], shapes[c, 1], shapes[c, 2]
        for g in range(nodes.size):
            work[0, g] = min(curves[1, c] - curves[2, c] * nodes[g], LARGEST_LOG_TERM)
        exponential(work[0], size, real, bits)
        top = steep + curves[10, c]
        for g in range(nodes.size):
            loss = rate * (irreducible + data + size[g])
            work[0, g], work[1, g], work[2, g] = loss - top, loss * far - top, loss * near - top
        exponential(work[0], s0, real, bits)
        exponential(work[1], s1, real, bits)
        exponential(work[2], s2, real, bits)
        for g in range(nodes.size):
            s0[g], s1[g], s2[g] = 1.0 / (1.0 + s0[g]), 1.0 / (1.0 + s1[g]), 1.0 / (1.0 + s2[g])
            y0, y1, y2 = floor + span * s0[g], floor + span * s1[g], floor + span * s2[g]
            m = (4.0 * y0 + y1 + y2) / 6.0
            between = (4.0 * (y0 - m) ** 2 + (y1 - m) ** 2 + (y2 - m) ** 2) / 6.0
            inner[g] = (4.0 * y0 * (1.0 - y0) + y1 * (1.0 - y1) + y2 * (1.0 - y2)) / 6.0
            mean[g], variance[g] = m, between + inflation * inner[g]
            total[g] = m * (1.0 - m) / variance[g] - 1.0
            a[g], b[g] = m * total[g], (1.0 - m) * total[g]
        gammas(a, gamma_values[0], slopes[c, 8], work, real, bits)
        gammas(b, gamma_values[1], slopes[c, 9], work, real, bits)
        gammas(total, gamma_values[2], slopes[c, 10], work, real, bits)
        for g in range(nodes.size):
            log_beta[g] = gamma_values[0, g] + gamma_values[1, g] - gamma_values[2, g]
            a[g], b[g] = a[g] - 1.0, b[g] - 1.0


@njit(error_model="numpy")
def exponent(z, ratio):
    """Exponent of the residual's density, its tail apart."""
    below = min(z + ratio, 0.0)
    return 0.5 * (below * below - z * z)


@njit(error_model="numpy")
def window(lik, nodes, counts, centre, noise, ratio):
    """Range of the intervals between nodes that can matter, from the terms at the nodes."""
    top = -math.inf
    for g in range(nodes.size):
        top = max(top, lik[g] + exponent((nodes[g] - centre) / noise, ratio))
    low, high = 0, nodes.size - 1
    while lik[low] + exponent((nodes[low] - centre) / noise, ratio) - top < NEGLIGIBLE:
        low += 1
    while lik[high] + exponent((nodes[high] - centre) / noise, ratio) - top < NEGLIGIBLE:
        high -= 1
    # Interval m begins at node m + MARGIN; one more on either side.
    low = max(min(low - MARGIN - 1, counts.min() - 1), 0)
    return low, max(high - MARGIN + 1, low + 1)


@njit(error_model="numpy")
def models_pass(scores, start, shapes, adjoint, log_params, mean, theta, noise, grid, work, out):
    """Integrate each model; leave the adjoint of `shapes` and the slopes of mean and theta.

    `scores`: the cell of each (sorted by model) and its statistics. Returns value, noise slope.
    """
    cell_of, statistics = scores
    nodes, points, weights, counts = grid
    lik, back, lanes, real, bits = work
    mean_slope, theta_slope = out
    z, y, term = lanes[0], lanes[1], lanes[2]
    weight, tail, hazard = lanes[3], lanes[4], lanes[5]
    step, wide = points[1] - points[0], nodes[1] - nodes[0]
    adjoint[:] = 0.0
    value, noise_slope = 0.0, 0.0
    for i in range(mean.size):
        lik[:] = 0.0
        for s in range(start[i], start[i + 1]):
            c = cell_of[s]
            a, b, log_beta = shapes[c, 0], shapes[c, 1], shapes[c, 2]
            hit, miss, number = statistics[s, 0], statistics[s, 1], statistics[s, 2]
            for g in range(nodes.size):
                lik[g] += hit * a[g] + miss * b[g] - number * log_beta[g]
        centre, ratio = log_params[i] + mean[i] + theta[i], noise / theta[i]
        low, high = window(lik, nodes, counts, centre, noise, ratio)
        held = 0
        for r in range(weights.shape[0]):
            # Points of one phase between their nodes lie side by side: the same weights.
            last = min(high, counts[r])
            at = held - low
            for m in range(low, last):
                inside = 0.0
                for k in range(STENCIL):
                    inside += weights[r, k] * lik[m + k]
                z[at + m] = (points[r] + wide * m - centre) / noise
                y[at + m] = z[at + m] + ratio
                term[at + m] = inside + exponent(z[at + m], ratio)
            held += last - low
        top = term[:held].max()
        for p in range(held):
            term[p] -= top
        exponential(term[:held], weight[:held], real[:held], bits[:held])
        normal_tails(y[:held], tail[:held], hazard[:held], real[:held], bits[:held])
        total, sum_z, sum_h, sum_zh = 0.0, 0.0, 0.0, 0.0
        for p in range(held):
            w = tail[p] * weight[p]
            weight[p] = w
            total += w
            sum_z += w * z[p]
            sum_h += w * hazard[p]
            sum_zh += w * z[p] * hazard[p]
        back[:], held = 0.0, 0
        for r in range(weights.shape[0]):
            last = min(high, counts[r])
            for k in range(STENCIL):
                for m in range(low, last):
                    back[m + k] += weights[r, k] * weight[held - low + m]
            held += last - low
        value += math.log(total * step / theta[i]) + top
        each = 1.0 / total
        sum_z, sum_h, sum_zh = sum_z * each, sum_h * each, sum_zh * each
        # ln f = ... with slopes -z in z and y - hazard(y) in y = z + ratio.
        push = sum_z + ratio - sum_h
        mean_slope[i] = (sum_h - ratio) / noise
        theta_slope[i] = sum_z / noise - push * (1.0 + ratio * ratio) / noise - 1.0 / theta[i]
        noise_slope += (sum_zh - ratio * sum_z) / noise + push / theta[i]
        for g in range(nodes.size):
            back[g] *= each
        reached = range(low, min(high - 1 + STENCIL, nodes.size))
        for s in range(start[i], start[i + 1]):
            c = cell_of[s]
            to_a, to_b, to_beta = adjoint[c, 0], adjoint[c, 1], adjoint[c, 2]
            hit, miss, number = statistics[s, 0], statistics[s, 1], statistics[s, 2]
            for g in reached:
                to_a[g] += hit * back[g]
                to_b[g] += miss * back[g]
                to_beta[g] += number * back[g]
    return value, noise_slope


@njit(error_model="numpy")
def cells_backward(curves, d, items, nodes, slopes, adjoint, rho, out):
    """From the adjoint of the shapes to the slopes of the curves; returns that of rho."""
    out[:] = 0.0
    rho_slope = 0.0
    for c in range(curves.shape[1]):
        irreducible = math.exp(curves[0, c])
        data = math.exp(curves[3, c] - curves[4, c] * d[c])
        span, steep, midpoint = curves[6, c] - curves[5, c], curves[7, c], curves[8, c]
        far = math.exp(ROOT_3 * curves[9, c])
        share = 1.0 - 1.0 / items[c]
        inflation = 1.0 / items[c] + share * rho
        factors = (1.0, far, 1.0 / far)
        for g in range(nodes.size):
            keep = slopes[c, :, g]
            size, mean, variance, inner, total = keep[3], keep[4], keep[5], keep[6], keep[7]
            number = adjoint[c, 2, g]
            to_a = adjoint[c, 0, g] - number * keep[8]
            to_b = adjoint[c, 1, g] - number * keep[9]
            to_total = number * keep[10] + to_a * mean + to_b * (1.0 - mean)
            to_variance = -to_total * mean * (1.0 - mean) / (variance * variance)
            to_mean = total * (to_a - to_b) + to_total / variance * (1.0 - 2.0 * mean)
            rho_slope += to_variance * inner * share
            loss = irreducible + data + size
            to_loss = 0.0
            for j in range(3):
                weight = 4.0 / 6.0 if j == 0 else 1.0 / 6.0
                s, factor = keep[j], factors[j]
                y = curves[5, c] + span * s
                to_y = weight * (
                    to_mean
                    + to_variance * (2.0 * (y - mean) + inflation * (1.0 - 2.0 * y))
                )  # fmt: skip
                out[5, c] += to_y * (1.0 - s)
                out[6, c] += to_y * s
                to_logit = to_y * span * s * (1.0 - s)
                relative = loss * factor / midpoint
                out[7, c] += to_logit * (1.0 - relative)
                out[8, c] += to_logit * steep * relative / midpoint
                out[10, c] += to_logit
                if j:
                    out[9, c] -= (ROOT_3 if j == 1 else -ROOT_3) * to_logit * steep * relative
                to_loss -= to_logit * steep * factor / midpoint
            out[0, c] += to_loss * irreducible
            out[3, c] += to_loss * data
            out[4, c] -= to_loss * data * d[c]
            if curves[1, c] - curves[2, c] * nodes[g] < LARGEST_LOG_TERM:
                out[1, c] += to_loss * size
                out[2, c] -= to_loss * size * nodes[g]
    return rho_slope
