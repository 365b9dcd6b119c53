// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/memory.hpp"

#include "base/handle.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>

namespace assay::probe {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t ring_entries = 1024;

/// A site before it has its place in the file.
struct NewSite {
  std::uint64_t address = 0;
  std::uint32_t probe = 0;
  std::uint32_t place = 0;
  bool delays = false;
};

/// The marks are two more probes behind those of the user.
std::vector<NewSite> sites_of(const KernelProbes& probes) {
  std::vector<NewSite> sites;
  const auto count = static_cast<std::uint32_t>(probes.probes.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& probe = probes.probes[i];
    for (std::uint32_t place = 0; place < probe.places.size(); ++place) {
      for (const auto& spot : probe.places[place].spots) {
        sites.push_back({spot.address, i, place, probe.spec.kind == Kind::delay});
      }
    }
  }
  for (const auto address : probes.begin_marks) {
    sites.push_back({address, count, 0, false});
  }
  for (const auto address : probes.end_marks) {
    sites.push_back({address, count + 1, 0, false});
  }
  std::sort(sites.begin(), sites.end(), [](const NewSite& a, const NewSite& b) {
    return std::tie(a.address, a.delays, a.probe, a.place) < std::tie(b.address, b.delays, b.probe, b.place);
  });
  return sites;
}

std::uint64_t chance_of(double probability) {
  return probability >= 1 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(std::ldexp(probability, 64));
}

void fill(Probe& slot, const ProbeSpec& spec) {
  slot.kind = spec.kind;
  slot.vcpu = spec.vcpu.value_or(any_vcpu);
  slot.delay_ns = static_cast<std::uint64_t>(spec.delay.count());
  slot.every = spec.every;
  slot.chance = chance_of(spec.probability);
  slot.most = spec.most.value_or(~std::uint64_t{0});
}

template <class T>
std::span<T> part(std::span<std::byte> bytes, std::uint64_t offset, std::uint64_t count) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): a file laid out as layout.hpp says
  return {reinterpret_cast<T*>(bytes.data() + offset), count};
}

template <class T>
void construct(std::span<std::byte> bytes, std::uint64_t offset, std::uint64_t count) {
  const auto all = part<T>(bytes, offset, count);
  std::uninitialized_default_construct(all.begin(), all.end());
}

/// A new file of `size` bytes, mapped.
Result<std::span<std::byte>> map_new(const fs::path& file, std::size_t size) {
  const auto failure = [&] {
    return fail(Failure::infrastructure, "cannot create {}: {}", file.string(), errno_text(errno));
  };
  constexpr mode_t mode = 0600;
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  // Allocated, as a page that a full disk has no room for would end QEMU by a signal.
  if (!fd || ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size)) != 0) {
    return failure();
  }
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) {
    return failure();
  }
  return std::span(static_cast<std::byte*>(memory), size);
}

}  // namespace

Result<Memory> Memory::create(const fs::path& file, const KernelProbes& probes, unsigned vcpus) {
  const auto new_sites = sites_of(probes);
  const auto slots = probes.probes.size() + 2;
  const auto at = offsets_of(slots, new_sites.size(), vcpus, ring_entries);
  const auto bytes = map_new(file, at.end);
  if (!bytes) {
    return bytes.error();
  }
  construct<Header>(*bytes, 0, 1);
  construct<Probe>(*bytes, at.probes, slots);
  construct<Site>(*bytes, at.sites, new_sites.size());
  construct<Tally>(*bytes, at.tallies, slots * vcpus);
  construct<Entry>(*bytes, at.entries, ring_entries);
  auto& header = part<Header>(*bytes, 0, 1).front();
  header.bytes = at.end;
  header.probes = static_cast<std::uint32_t>(slots);
  header.sites = static_cast<std::uint32_t>(new_sites.size());
  header.vcpus = vcpus;
  header.entries = ring_entries;
  header.anchor = probes.anchor;
  Memory memory(probes, *bytes);
  for (std::size_t i = 0; i < probes.probes.size(); ++i) {
    fill(memory.slots_[i], probes.probes[i].spec);
  }
  memory.slots_[slots - 2].kind = Kind::mark_begin;
  memory.slots_[slots - 1].kind = Kind::mark_end;
  for (std::size_t i = 0; i < new_sites.size(); ++i) {
    memory.sites_[i].address = new_sites[i].address;
    memory.sites_[i].probe = new_sites[i].probe;
    memory.sites_[i].place = new_sites[i].place;
  }
  return memory;
}

Memory::Memory(const KernelProbes& probes, std::span<std::byte> bytes)
    : probes_(&probes), bytes_(bytes), header_(&part<Header>(bytes, 0, 1).front()) {
  const auto at = offsets_of(header_->probes, header_->sites, header_->vcpus, header_->entries);
  slots_ = part<Probe>(bytes, at.probes, header_->probes);
  sites_ = part<Site>(bytes, at.sites, header_->sites);
  tallies_ = part<Tally>(bytes, at.tallies, std::uint64_t{header_->probes} * header_->vcpus);
  entries_ = part<Entry>(bytes, at.entries, header_->entries);
  passes_before_.resize(sites_.size());
}

Memory::Memory(Memory&& other) noexcept
    : probes_(other.probes_),
      bytes_(std::exchange(other.bytes_, {})),
      header_(other.header_),
      slots_(other.slots_),
      sites_(other.sites_),
      tallies_(other.tallies_),
      entries_(other.entries_),
      passes_before_(std::move(other.passes_before_)),
      workload_(std::move(other.workload_)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(probes_, other.probes_);
  std::swap(bytes_, other.bytes_);
  std::swap(header_, other.header_);
  std::swap(slots_, other.slots_);
  std::swap(sites_, other.sites_);
  std::swap(tallies_, other.tallies_);
  std::swap(entries_, other.entries_);
  std::swap(passes_before_, other.passes_before_);
  std::swap(workload_, other.workload_);
  return *this;
}

Memory::~Memory() {
  if (!bytes_.empty()) {
    ::munmap(bytes_.data(), bytes_.size());
  }
}

bool Memory::loaded() const { return header_->loaded != 0; }

void Memory::begin(std::string_view workload, std::uint64_t seed, bool until_guest_says) {
  header_->state = State::off;
  workload_ = workload;
  for (std::size_t i = 0; i < probes_->probes.size(); ++i) {
    slots_[i].hits = 0;
    slots_[i].delays = 0;
    slots_[i].seed = seed + i;
    slots_[i].enabled = acts_in(probes_->probes[i].spec, workload_) ? 1 : 0;
  }
  for (auto& tally : tallies_) {
    tally.hits = 0;
  }
  for (auto& entry : entries_) {
    entry.sequence = 0;
  }
  header_->next_entry = 0;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    passes_before_[i] = sites_[i].passes;
  }
  const bool can_say = !probes_->begin_marks.empty() && !probes_->end_marks.empty();
  header_->state = until_guest_says && can_say ? State::waiting : State::measuring;
}

void Memory::end() { header_->state = State::off; }

std::vector<bool> Memory::ran(std::size_t probe) const {
  std::vector<bool> places(probes_->probes[probe].places.size());
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    if (sites_[i].probe == probe && sites_[i].passes != passes_before_[i]) {
      places[sites_[i].place] = true;
    }
  }
  return places;
}

void Memory::add_figures(std::size_t probe, std::vector<Figure>& figures) const {
  const auto& placed = probes_->probes[probe];
  const auto name = "probe." + placed.spec.name;
  if (placed.spec.kind == Kind::cover) {
    const auto places = ran(probe);
    const auto with_code = std::count_if(placed.places.begin(), placed.places.end(),
                                         [](const auto& place) { return !place.spots.empty(); });
    figures.emplace_back(name, std::count(places.begin(), places.end(), true));
    figures.emplace_back(name + ".all", with_code);
    return;
  }
  std::vector<Figure> per_vcpu;
  std::int64_t sum = 0;
  for (unsigned vcpu = 0; vcpu < header_->vcpus; ++vcpu) {
    const auto hits = static_cast<std::int64_t>(tallies_[probe * header_->vcpus + vcpu].hits.load());
    per_vcpu.emplace_back(fmt::format("{}.cpu{}", name, vcpu), hits);
    sum += hits;
  }
  if (placed.spec.kind == Kind::delay) {
    figures.emplace_back(name, static_cast<std::int64_t>(slots_[probe].delays.load()));
    figures.emplace_back(name + ".hits", sum);
  } else {
    figures.emplace_back(name, sum);
  }
  figures.insert(figures.end(), per_vcpu.begin(), per_vcpu.end());
}

std::vector<Memory::Figure> Memory::figures() const {
  std::vector<Figure> figures;
  for (std::size_t i = 0; i < probes_->probes.size(); ++i) {
    if (acts_in(probes_->probes[i].spec, workload_)) {
      add_figures(i, figures);
    }
  }
  return figures;
}

std::vector<FigureName> Memory::figure_names() const {
  std::vector<FigureName> names;
  for (const auto& probe : probes_->probes) {
    if (acts_in(probe.spec, workload_)) {
      const auto more = figures_of(probe.spec, header_->vcpus);
      names.insert(names.end(), more.begin(), more.end());
    }
  }
  return names;
}

std::vector<OrderedHit> Memory::hits_of(std::size_t probe) const {
  std::vector<OrderedHit> hits;
  for (const auto& entry : entries_) {
    const auto sequence = entry.sequence.load();
    if (sequence != 0 && entry.site < sites_.size() && sites_[entry.site].probe == probe) {
      hits.push_back({sequence, probes_->probes[probe].places[sites_[entry.site].place].text, entry.vcpu});
    }
  }
  std::sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return hits;
}

ProbeReport Memory::report_of(std::size_t probe) const {
  const auto& [spec, places] = probes_->probes[probe];
  ProbeReport report;
  report.name = spec.name;
  report.kind = name_of(spec.kind);
  report.what = text_of(spec);
  report.automatic = spec.automatic;
  const auto place_ran = ran(probe);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& place = places[i];
    report.instructions += place.spots.size();
    if (place.line) {
      report.lines.push_back(*place.line);
      if (place_ran[i]) {
        report.lines.back().state = LineState::ran;
      }
      continue;
    }
    if (place_ran[i] && report.ran.size() < most_listed) {
      report.ran.push_back(place.text);
    }
    for (const auto& spot : place.spots) {
      if (report.where.size() < most_listed) {
        report.where.push_back(spot.where);
      }
    }
  }
  if (spec.kind == Kind::order) {
    report.order = hits_of(probe);
  }
  return report;
}

std::vector<ProbeReport> Memory::reports() const {
  std::vector<ProbeReport> reports;
  for (std::size_t i = 0; i < probes_->probes.size(); ++i) {
    if (acts_in(probes_->probes[i].spec, workload_)) {
      reports.push_back(report_of(i));
    }
  }
  return reports;
}

}  // namespace assay::probe
