// SPDX-License-Identifier: GPL-2.0-or-later
/// QEMU plugin: counts, orders and delays what the guest's kernel does at given instructions.
///   -plugin file=libassay-probes.so,probes=FILE
/// FILE is laid out as orchestrator/src/probe/layout.hpp says. Callbacks run on the threads of the vCPUs.
#include "probe/layout.hpp"
#include "qemu_plugin.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <span>
#include <string_view>
#include <vector>

namespace {

using assay::probe::Entry;
using assay::probe::Header;
using assay::probe::Kind;
using assay::probe::Probe;
using assay::probe::Site;
using assay::probe::State;
using assay::probe::Tally;

/// One probe at one instruction, as its callback gets it.
struct Spot {
  Probe* probe = nullptr;
  Site* site = nullptr;
  std::uint32_t number = 0;  ///< of the site
  Tally* tallies = nullptr;  ///< of the probe, one per vCPU
};

/// Set once, before the first callback.
struct Plugin {
  Header* header = nullptr;
  std::span<Entry> entries;
  std::vector<Spot> spots;  ///< parallel to the sites: sorted by address
  /// Host address less guest address of the kernel's code, learnt from the anchor; 0 until then.
  std::atomic<std::uint64_t> slide = 0;
};

Plugin& plugin() {
  static Plugin the_plugin;
  return the_plugin;
}

bool measures(const Spot& spot) {
  return plugin().header->state.load(std::memory_order_relaxed) == State::measuring &&
         spot.probe->enabled.load(std::memory_order_relaxed) != 0;
}

void tally(const Spot& spot, unsigned vcpu) {
  if (vcpu < plugin().header->vcpus) {
    auto& hits = spot.tallies[vcpu].hits;
    hits.store(hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

void on_count(unsigned vcpu, void* data) {
  const auto& spot = *static_cast<const Spot*>(data);
  if (measures(spot)) {
    tally(spot, vcpu);
  }
}

void on_order(unsigned vcpu, void* data) {
  const auto& spot = *static_cast<const Spot*>(data);
  if (!measures(spot)) {
    return;
  }
  tally(spot, vcpu);
  const auto& entries = plugin().entries;
  const auto sequence = plugin().header->next_entry.fetch_add(1);
  auto& entry = entries[sequence % entries.size()];
  entry.sequence.store(0);
  entry.site = spot.number;
  entry.vcpu = vcpu;
  entry.sequence.store(sequence + 1);
}

void sleep_for(std::uint64_t ns) {
  constexpr std::uint64_t second = 1'000'000'000;
  timespec left{static_cast<time_t>(ns / second), static_cast<long>(ns % second)};
  while (::nanosleep(&left, &left) != 0) {
  }
}

/// Takes one of the delays that are left.
bool take_delay(Probe& probe) {
  auto made = probe.delays.load();
  while (made < probe.most) {
    if (probe.delays.compare_exchange_weak(made, made + 1)) {
      return true;
    }
  }
  return false;
}

void on_delay(unsigned vcpu, void* data) {
  const auto& spot = *static_cast<const Spot*>(data);
  if (!measures(spot)) {
    return;
  }
  tally(spot, vcpu);
  auto& probe = *spot.probe;
  if (probe.vcpu != assay::probe::any_vcpu && probe.vcpu != vcpu) {
    return;
  }
  const auto hit = probe.hits.fetch_add(1) + 1;
  if (assay::probe::is_due(hit, probe.every, probe.chance, probe.seed.load()) && take_delay(probe)) {
    sleep_for(probe.delay_ns);
  }
}

void on_mark_begin(unsigned /*vcpu*/, void* /*data*/) {
  auto waiting = State::waiting;
  plugin().header->state.compare_exchange_strong(waiting, State::measuring);
}

void on_mark_end(unsigned /*vcpu*/, void* /*data*/) {
  auto measuring = State::measuring;
  plugin().header->state.compare_exchange_strong(measuring, State::waiting);
}

qemu_plugin_vcpu_udata_cb_t callback_of(Kind kind) {
  switch (kind) {
    case Kind::order:
      return on_order;
    case Kind::delay:
      return on_delay;
    case Kind::mark_begin:
      return on_mark_begin;
    case Kind::mark_end:
      return on_mark_end;
    case Kind::count:
    case Kind::cover:
      break;
  }
  return on_count;
}

void instrument(qemu_plugin_insn* insn, Spot& spot) {
  if (spot.probe->kind == Kind::cover) {
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &spot.site->passes, 1);
  } else {
    qemu_plugin_register_vcpu_insn_exec_cb(insn, callback_of(spot.probe->kind), QEMU_PLUGIN_CB_NO_REGS,
                                           &spot);
  }
}

std::uint64_t slide_of(const qemu_plugin_insn* insn) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): compared, never followed
  return reinterpret_cast<std::uint64_t>(qemu_plugin_insn_haddr(insn)) - qemu_plugin_insn_vaddr(insn);
}

/// A program of the guest may have the addresses of the kernel (sparc64): then its code lies elsewhere.
bool is_kernel(const qemu_plugin_insn* insn) {
  return plugin().header->anchor == 0 || slide_of(insn) == plugin().slide.load();
}

void learn_slide(const qemu_plugin_tb* tb, std::uint64_t first, std::uint64_t last) {
  const auto anchor = plugin().header->anchor;
  if (anchor < first || anchor > last || plugin().slide.load() != 0) {
    return;
  }
  for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
    const auto* insn = qemu_plugin_tb_get_insn(tb, i);
    if (qemu_plugin_insn_vaddr(insn) == anchor) {
      plugin().slide = slide_of(insn);
    }
  }
}

/// Called for each block of instructions that QEMU translates, again after it has thrown translations away.
void on_translation(qemu_plugin_id_t /*id*/, qemu_plugin_tb* tb) {
  auto& spots = plugin().spots;
  const auto length = qemu_plugin_tb_n_insns(tb);
  const auto first = qemu_plugin_tb_vaddr(tb);
  const auto last = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, length - 1));
  learn_slide(tb, first, last);
  auto spot = std::lower_bound(spots.begin(), spots.end(), first,
                               [](const Spot& one, std::uint64_t at) { return one.site->address < at; });
  if (spot == spots.end() || spot->site->address > last) {
    return;
  }
  for (std::size_t i = 0; i < length; ++i) {
    auto* insn = qemu_plugin_tb_get_insn(tb, i);
    const auto address = qemu_plugin_insn_vaddr(insn);
    while (spot != spots.end() && spot->site->address < address) {
      ++spot;
    }
    for (auto here = spot; here != spots.end() && here->site->address == address && is_kernel(insn); ++here) {
      instrument(insn, *here);
    }
  }
  plugin().header->translations.fetch_add(1, std::memory_order_relaxed);
}

template <class T>
std::span<T> part(std::byte* memory, std::uint64_t offset, std::uint64_t count) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): a file laid out as layout.hpp says
  return {reinterpret_cast<T*>(memory + offset), count};
}

/// Maps the file; null when it is none of ours.
std::byte* map_file(const char* path) {
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  struct stat status{};
  if (file < 0 || ::fstat(file, &status) != 0 || static_cast<std::size_t>(status.st_size) < sizeof(Header)) {
    return nullptr;
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  auto* begin = static_cast<std::byte*>(memory);
  const auto& header = part<Header>(begin, 0, 1).front();
  const auto at = assay::probe::offsets_of(header.probes, header.sites, header.vcpus, header.entries);
  return header.magic == assay::probe::layout_magic && at.end <= bytes ? begin : nullptr;
}

bool set_up(const char* path) {
  auto* memory = map_file(path);
  if (memory == nullptr) {
    return false;
  }
  auto& header = part<Header>(memory, 0, 1).front();
  const auto at = assay::probe::offsets_of(header.probes, header.sites, header.vcpus, header.entries);
  const auto probes = part<Probe>(memory, at.probes, header.probes);
  const auto sites = part<Site>(memory, at.sites, header.sites);
  const auto tallies = part<Tally>(memory, at.tallies, std::uint64_t{header.probes} * header.vcpus);
  auto& all = plugin();
  all.header = &header;
  all.entries = part<Entry>(memory, at.entries, header.entries);
  all.spots.reserve(sites.size());
  for (std::uint32_t i = 0; i < sites.size(); ++i) {
    const auto number = sites[i].probe;
    if (number >= probes.size() || (probes[number].kind == Kind::order && all.entries.empty())) {
      return false;
    }
    all.spots.push_back({&probes[number], &sites[i], i, &tallies[std::uint64_t{number} * header.vcpus]});
  }
  header.loaded = 1;
  return true;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): QEMU looks for these
extern "C" {

[[gnu::visibility("default")]] extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;

[[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* /*info*/,
                                                       int argc, char** argv) {
  constexpr std::string_view option = "probes=";
  for (const auto* argument : std::span(argv, static_cast<std::size_t>(argc))) {
    if (!std::string_view(argument).starts_with(option)) {
      continue;
    }
    const auto* path = argument + option.size();
    if (!set_up(path)) {
      std::fprintf(stderr, "assay probes: cannot use %s\n", path);
      return -1;
    }
    if (!plugin().spots.empty()) {
      qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    }
    return 0;
  }
  std::fprintf(stderr, "assay probes: no probes=FILE\n");
  return -1;
}
}
// NOLINTEND(readability-identifier-naming)
