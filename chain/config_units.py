"""What one unit of a configuration becomes, field by field as the contracts take them."""

WAD = 10**18
ONE = 1  # seconds, basis points, whole quote units
RATE = 10**15  # funding, which needs no more digits

ORACLE = {
    "sequencer_grace": ONE,
    "sample_interval": ONE,
    "confirmation": ONE,
    "ema_tau": ONE,
    "weight_slow": WAD,
    "weight_long": WAD,
}
RISK = {
    "im_multiplier": WAD,
    "buffer": WAD,
    "ramp_up": WAD,
    "ramp_down": WAD,
    "keeper_cost": WAD,
    "breakdown": ONE,
    "floor": ONE,
}
FUND = {"cooldown": ONE, "window": ONE, "epoch_length": ONE, "epoch_cap": ONE}
POOL = {
    "keeper_fee": WAD,
    "min_delay": ONE,
    "request_delay": ONE,
    "exit_delay": ONE,
    "request_window": ONE,
    "min_request": WAD,
    "fund_share": ONE,
}
AUCTION = {
    "s0": WAD,
    "s1": WAD,
    "fast_phase": ONE,
    "slow_phase": ONE,
    "penalty": WAD,
    "tip": WAD,
    "chip": WAD,
    "dust": WAD,
}
INTEREST = {
    "base_rate": WAD,
    "slope1": WAD,
    "slope2": WAD,
    "kink": WAD,
    "rate_cap": WAD,
    "reserve": WAD,
}
TIER = {"bound": ONE, "rate": ONE}
LISTING = {
    "max_confidence": ONE,
    "max_disagreement": ONE,
    "jump_bound": ONE,
    "deviation": ONE,
    "variance_fast": WAD,
    "variance_slow": WAD,
    "variance_long": WAD,
    "variance_floor": WAD,
}
ASSET_RISK = {
    "kappa": WAD,
    "horizon": ONE,
    "line_floor": WAD,
    "line_cap": WAD,
    "depth": ONE,
    "haircut_floor": ONE,
    "haircut_cap": ONE,
    "deposit_cap": WAD,
}
MARKET = {"skew_scale": WAD, "max_funding_velocity": RATE}
FEES = {"maker_fee": ONE, "taker_fee": ONE, "interest_cap": ONE}
