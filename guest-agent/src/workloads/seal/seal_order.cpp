// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/ring_pins.hpp"
#include "mm/sealed_file.hpp"
#include "workloads/all.hpp"
#include "workloads/seal/huge_files.hpp"
#include "workloads/seal/seal_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent::workloads {
namespace {

struct OrderPlan {
  std::size_t pages = 0;
  std::size_t pinned = 0;
  OrderWriter writer = OrderWriter::pins;
  std::uint64_t seed = 0;
};

/// What was seen in one file, or summed over several.
struct OrderTally {
  std::int64_t pins_seen = 0;
  std::int64_t sealed = 0;
  std::int64_t busy = 0;
  std::int64_t other_errors = 0;
  std::int64_t refused = 0;
  std::int64_t versions = 0;
  std::int64_t in_flight = 0;
  std::int64_t reads = 0;
  std::int64_t went_back = 0;
  std::int64_t unwritten = 0;
  std::int64_t lost = 0;

  OrderTally& operator+=(const OrderTally& other) {
    for (const auto member :
         {&OrderTally::pins_seen, &OrderTally::sealed, &OrderTally::busy, &OrderTally::other_errors,
          &OrderTally::refused, &OrderTally::versions, &OrderTally::in_flight, &OrderTally::reads,
          &OrderTally::went_back, &OrderTally::unwritten, &OrderTally::lost}) {
      this->*member += other.*member;
    }
    return *this;
  }
};

/// What both processes write to.
class SharedBoard {
 public:
  SharedBoard() {
    void* at = ::mmap(nullptr, sizeof(OrderBoard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
      throw_errno("share memory");
    }
    map_ = Mapping(at, sizeof(OrderBoard));
    board_ = std::construct_at(static_cast<OrderBoard*>(at));
  }
  [[nodiscard]] OrderBoard& operator*() const { return *board_; }
  [[nodiscard]] OrderBoard* operator->() const { return board_; }

 private:
  Mapping map_;
  OrderBoard* board_ = nullptr;
};

class OrderRound {
 public:
  explicit OrderRound(const OrderPlan& plan) : plan_(plan), file_(plan.pages, plan.seed) {
    const Mapping map = file_.map_writable();
    std::vector<iovec> buffers;
    for (std::size_t place = 0; place < plan_.pinned; ++place) {
      std::byte* page = map.data() + offset(place);
      std::fill_n(page, file_.page_size(), std::byte{0xff});
      buffers.push_back({.iov_base = page, .iov_len = file_.page_size()});
    }
    pins_.pin(buffers);
  }

  OrderTally operator()() {
    prove_pins();
    look_at_mapping();
    OrderProcess process({file_, pins_, *board_, plan_.pinned, plan_.writer});
    const auto before = stored();
    const int error = seal(process);
    const auto after = stored();
    look_at_mapping();
    look_at_file();
    board_->over = true;
    process.finish();
    look_at_mapping();
    look_at_file();
    // What a pin stores while the call runs may be in the page that the pin keeps.
    count_lost(error == 0 && plan_.writer == OrderWriter::pins ? before : stored());
    account(error, sum(after) - sum(before));
    pins_.release();
    return tally_;
  }

 private:
  using Versions = std::vector<std::size_t>;

  [[nodiscard]] std::size_t offset(std::size_t place) const {
    return watched_page(file_, place, plan_.pinned) * file_.page_size();
  }

  /// The first version of each page goes through its pin.
  void prove_pins() {
    for (std::size_t place = 0; place < plan_.pinned; ++place) {
      board_->begin_store(place);
      pins_.clear(place, 0);
      board_->end_store(place);
      tally_.pins_seen += read_version(place) == 1 ? 1 : 0;
    }
  }

  int seal(const OrderProcess& process) {
    int error = file_.seal();
    if (plan_.writer != OrderWriter::mapping) {
      return error;
    }
    tally_.refused = error == EBUSY ? 1 : 0;
    board_->leave = true;
    while (error == EBUSY && !process.has_left()) {
      error = file_.seal();
    }
    return error == EBUSY ? file_.seal() : error;
  }

  [[nodiscard]] std::size_t read_version(std::size_t place) const {
    std::vector<std::byte> page(file_.page_size());
    if (::pread(file_.fd(), page.data(), page.size(), static_cast<off_t>(offset(place))) !=
        static_cast<ssize_t>(page.size())) {
      throw_errno("read the file");
    }
    return version_of(page.data(), page.size());
  }

  void look_at_mapping() {
    for (std::size_t place = 0; place < plan_.pinned; ++place) {
      const std::size_t bound = board_->seen(place);
      board_->look(place, bound, version_of(map_.data() + offset(place), file_.page_size()), true);
    }
  }

  void look_at_file() {
    for (std::size_t place = 0; place < plan_.pinned; ++place) {
      const std::size_t bound = board_->seen(place);
      board_->look(place, bound, read_version(place), false);
    }
  }

  [[nodiscard]] Versions stored() const {
    Versions versions;
    for (std::size_t place = 0; place < plan_.pinned; ++place) {
      versions.push_back(board_->done(place));
    }
    return versions;
  }

  [[nodiscard]] static std::int64_t sum(const Versions& versions) {
    return static_cast<std::int64_t>(std::accumulate(versions.begin(), versions.end(), std::size_t{0}));
  }

  void count_lost(const Versions& kept) {
    for (std::size_t place = 0; place < plan_.pinned; ++place) {
      tally_.lost += read_version(place) < kept[place] ? 1 : 0;
    }
  }

  void account(int error, std::int64_t in_flight) {
    tally_.sealed = error == 0 ? 1 : 0;
    tally_.busy = error == EBUSY ? 1 : 0;
    tally_.other_errors = error != 0 && error != EBUSY ? 1 : 0;
    tally_.in_flight = in_flight;
    tally_.versions = sum(stored());
    tally_.reads = board_->reads();
    tally_.went_back = board_->went_back();
    tally_.unwritten = board_->unwritten();
  }

  OrderPlan plan_;
  SealedFile file_;
  RingPins pins_;
  Mapping map_ = file_.map_read_only();
  SharedBoard board_;
  OrderTally tally_;
};

void report_order(Context& context, const OrderTally& sum) {
  context.counter("files", context.number("files"));
  context.counter("pins_seen", sum.pins_seen);
  context.counter("sealed", sum.sealed);
  context.counter("busy", sum.busy);
  context.counter("refused", sum.refused);
  context.counter("versions", sum.versions);
  context.counter("in_flight", sum.in_flight);
  context.counter("reads", sum.reads);
  context.counter("went_back", sum.went_back);
  context.counter("lost", sum.lost);
  context.check("errno", sum.other_errors == 0,
                std::to_string(sum.other_errors) + " calls failed, and not with EBUSY");
  context.check("order", sum.went_back == 0,
                "of " + std::to_string(sum.went_back) + " pages an older version was seen after a newer one");
  context.check("kept", sum.lost == 0,
                "of " + std::to_string(sum.lost) + " pages the file lost versions that had been stored");
  context.check("stored", sum.unwritten == 0,
                "of " + std::to_string(sum.unwritten) + " pages a version was seen that nobody had stored");
}

void seal_in_order(Context& context) {
  OrderPlan plan{.pages = static_cast<std::size_t>(context.number("pages")),
                 .pinned = static_cast<std::size_t>(context.number("pinned")),
                 .writer = context.choice("writer") == "pins" ? OrderWriter::pins : OrderWriter::mapping};
  if (plan.pinned > plan.pages) {
    throw Refusal("parameter \"pinned\" is more than \"pages\"");
  }
  std::optional<HugeFiles> huge;
  if (context.flag("huge")) {
    huge.emplace();
  }
  apart_from_the_call(0);
  OrderTally sum;
  context.begin_measurement();
  for (std::int64_t file = 0; file < context.number("files"); ++file) {
    plan.seed = context.random(static_cast<std::uint64_t>(file)).next();
    sum += OrderRound(plan)();
  }
  context.end_measurement();
  report_order(context, sum);
}

std::vector<ParameterSpec> order_parameters() {
  return {
      {.name = "files",
       .unit = "files",
       .default_value = "12",
       .min = 1,
       .max = 10'000,
       .help = "files that are made and sealed, one after the other"},
      {.name = "pages", .unit = "pages", .default_value = "16", .min = 1, .max = 65'536, .help = "of a file"},
      {.name = "pinned",
       .unit = "pages",
       .default_value = "16",
       .min = 1,
       .max = OrderBoard::most_pages,
       .help = "pages of a file that io_uring pins, at equal distances; versions are stored into these"},
      {.name = "writer",
       .type = ParameterType::choice,
       .default_value = "pins",
       .choices = {"pins", "mapping"},
       .help = "who stores versions while the file is sealed. pins: io_uring, for ever; mapping: a writable "
               "mapping, and sealing is tried until it is gone"},
      {.name = "huge",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "the file is of huge pages, if it has enough pages for one; only in a guest"}};
}

std::vector<CounterSpec> order_counters() {
  return {
      {.name = "files", .unit = "files", .help = "as asked for"},
      {.name = "pins_seen", .unit = "pages", .help = "of which the file had what was stored through a pin"},
      {.name = "sealed", .unit = "files", .help = "that took the seal"},
      {.name = "busy",
       .unit = "files",
       .help = "that refused it with EBUSY, also without a writable mapping"},
      {.name = "refused", .unit = "files", .help = "that refused it as long as a writable mapping existed"},
      {.name = "versions", .unit = "stores", .help = "that returned; each page began with version 0"},
      {.name = "in_flight", .unit = "stores", .help = "of these, between begin and end of the calls"},
      {.name = "reads", .unit = "pages", .help = "read, through two mappings and by read()"},
      {.name = "went_back", .unit = "pages", .help = "of which an older version was seen after a newer one"},
      {.name = "lost",
       .unit = "pages",
       .help = "that ended with an older version than was stored before the call, or through a mapping"}};
}

}  // namespace

Workload seal_order() {
  return {.name = "seal.order",
          .summary = "Seals files while one process stores versions into them and two look at them.",
          .parameters = order_parameters(),
          .counters = order_counters(),
          .checks = {{.name = "errno", .help = "the call succeeded or failed with EBUSY"},
                     {.name = "order", .help = "nobody saw an older version than was seen before"},
                     {.name = "kept", .help = "the file has what was stored before it was sealed"},
                     {.name = "stored", .help = "nobody saw a version that was not stored"}},
          .run = seal_in_order};
}

}  // namespace assay::agent::workloads
