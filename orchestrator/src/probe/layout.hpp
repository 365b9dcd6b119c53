// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

/// The memory that the orchestrator and the QEMU plugin share: a file, mapped by both. The orchestrator
/// writes everything but the figures before QEMU starts; then it writes `state` and `enabled` only, and the
/// plugin the figures only. Nothing but the standard library: the plugin knows no room.
///
///   Header | Probe[probes] | Site[sites] | Tally[probes * vcpus] | Entry[entries]
namespace assay::probe {

inline constexpr std::uint64_t layout_magic = 0x31'65'62'6f'72'70'79'61;  // "ayprobe1"

/// `mark_begin` and `mark_end` open and close the measurement from inside the guest.
enum class Kind : std::uint32_t { count, cover, order, delay, mark_begin, mark_end };

/// What the plugin does when a place is reached. `waiting`: for the guest to say that it measures.
enum class State : std::uint32_t { off, waiting, measuring };

inline constexpr std::uint32_t any_vcpu = 0xffff'ffff;

struct Header {
  std::uint64_t magic = layout_magic;
  std::uint64_t bytes = 0;  ///< of the whole file
  std::uint32_t probes = 0;
  std::uint32_t sites = 0;
  std::uint32_t vcpus = 0;
  std::uint32_t entries = 0;  ///< of the ring that `order` writes
  /// An instruction that only the kernel runs, before any program does: where code of the kernel lies in the
  /// guest's memory is learnt from it. 0 where programs cannot have the kernel's addresses.
  std::uint64_t anchor = 0;
  std::atomic<State> state = State::off;
  std::atomic<std::uint32_t> loaded = 0;        ///< 1 when the plugin has accepted all this
  std::atomic<std::uint64_t> next_entry = 0;    ///< how many hits `order` has seen
  std::atomic<std::uint64_t> translations = 0;  ///< blocks with a site in them, translated so far
};

struct Probe {
  Kind kind = Kind::count;
  std::uint32_t vcpu = any_vcpu;  ///< which is delayed
  std::uint64_t delay_ns = 0;
  std::uint64_t every = 1;                   ///< each Nth hit is delayed
  std::uint64_t chance = ~std::uint64_t{0};  ///< of 2^64 that it is
  std::uint64_t most = ~std::uint64_t{0};    ///< delays in one trial
  std::atomic<std::uint64_t> seed = 0;
  std::atomic<std::uint32_t> enabled = 0;
  std::uint32_t unused = 0;
  std::atomic<std::uint64_t> hits = 0;    ///< of a delay, on all vCPUs: tells which is the Nth
  std::atomic<std::uint64_t> delays = 0;  ///< made
};

/// One probe at one instruction. Sorted by address; delays behind all else at the same instruction.
struct Site {
  std::uint64_t address = 0;
  std::uint32_t probe = 0;
  std::uint32_t place = 0;  ///< which of the probe's places it belongs to
  std::atomic<std::uint64_t> passes =
      0;  ///< of `cover` only, and no exact number: two vCPUs may count as one
};

/// Hits of one probe on one vCPU: written by that vCPU's thread only, in a cache line of its own.
struct alignas(64) Tally {
  std::atomic<std::uint64_t> hits = 0;
};

/// One hit in the order in which they happened.
struct Entry {
  std::atomic<std::uint64_t> sequence = 0;  ///< from 1; written last
  std::uint32_t site = 0;
  std::uint32_t vcpu = 0;
};

/// Where the parts begin.
struct Offsets {
  std::uint64_t probes = 0;
  std::uint64_t sites = 0;
  std::uint64_t tallies = 0;
  std::uint64_t entries = 0;
  std::uint64_t end = 0;
};

[[nodiscard]] constexpr Offsets offsets_of(std::uint64_t probes, std::uint64_t sites, std::uint64_t vcpus,
                                           std::uint64_t entries) {
  constexpr auto rounded = [](std::uint64_t at) { return (at + 63) / 64 * 64; };
  Offsets at;
  at.probes = rounded(sizeof(Header));
  at.sites = rounded(at.probes + probes * sizeof(Probe));
  at.tallies = rounded(at.sites + sites * sizeof(Site));
  at.entries = rounded(at.tallies + probes * vcpus * sizeof(Tally));
  at.end = at.entries + entries * sizeof(Entry);
  return at;
}

/// Whether hit number `hit` (from 1) of a delay is due: a pure function, so that a seed repeats it.
[[nodiscard]] constexpr bool is_due(const std::uint64_t hit, std::uint64_t every, std::uint64_t chance,
                                    std::uint64_t seed) {
  if (hit % every != 0) {
    return false;
  }
  // SplitMix64.
  std::uint64_t mixed = seed + hit * 0x9e37'79b9'7f4a'7c15;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
  mixed ^= mixed >> 31U;
  return mixed <= chance;
}

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace assay::probe
