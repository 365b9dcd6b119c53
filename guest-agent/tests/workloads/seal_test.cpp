// SPDX-License-Identifier: GPL-2.0-or-later
// The seal workloads as far as the host's kernel goes: it waits for pins and refuses, as 6.1 does.
#include "agent_process.hpp"
#include "contract/context.hpp"
#include "mm/page_pins.hpp"
#include "mm/pipe_references.hpp"
#include "mm/ring_pins.hpp"
#include "workloads/seal/seal_watch.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>

namespace assay::agent::workloads {
namespace {

using nlohmann::json;

constexpr int skipped = 77;

/// The result of `assay-agent --local` and the workload; null when it was skipped.
json sealed_with(std::vector<std::string> parameters, const std::string& workload = "seal.pinned") {
  std::vector<std::string> arguments{"--local", workload, "--json"};
  arguments.insert(arguments.end(), parameters.begin(), parameters.end());
  const Finished finished = run_agent(arguments);
  EXPECT_TRUE(WIFEXITED(finished.status)) << finished.err;
  if (WEXITSTATUS(finished.status) == skipped) {
    return nullptr;
  }
  EXPECT_EQ(finished.status, 0) << finished.out << finished.err;
  return json::parse(finished.out);
}

TEST(SealedFile, TellsPagesAndVersionsApart) {
  const SealedFile file(4, 7);
  for (std::size_t page = 0; page < file.pages(); ++page) {
    EXPECT_TRUE(file.holds(page, 0));
    EXPECT_FALSE(file.holds(page, 1));
  }
  EXPECT_NE(file.image(0, 0), file.image(1, 0));
  const auto before = file.hashes();
  EXPECT_EQ(count_changed(before, file.hashes()), 0U);
  file.write(2, 1);
  EXPECT_TRUE(file.holds(2, 1));
  EXPECT_EQ(count_changed(before, file.hashes()), 1U);
}

TEST(SealedFile, IsNotSealedUnderAWritableMapping) {
  const SealedFile file(2, 7);
  {
    const Mapping map = file.map_writable();
    EXPECT_EQ(file.seal(), EBUSY);
  }
  const Mapping map = file.map_read_only();
  EXPECT_EQ(file.seal(), 0);
  EXPECT_THROW(file.write(0, 1), std::runtime_error);
}

TEST(RingPins, ReachThePageWithoutAMapping) {
  const SealedFile file(3, 7);
  try {
    RingPins pins;
    {
      const Mapping map = file.map_writable();
      pins.pin({{.iov_base = map.data() + file.page_size(), .iov_len = file.page_size()}});
    }
    pins.store(0, file.image(1, 5));
    EXPECT_TRUE(file.holds(1, 5));
    EXPECT_TRUE(file.holds(0, 0) && file.holds(2, 0));
    file.write(1, 6);
    std::vector<std::byte> seen(file.page_size());
    pins.load(0, seen);
    EXPECT_EQ(seen, file.image(1, 6));
    EXPECT_EQ(file.seal(), EBUSY);
    pins.release();
    EXPECT_EQ(file.seal(), 0);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(RingPins, ClearOneByte) {
  const SealedFile file(2, 7);
  try {
    RingPins pins;
    {
      const Mapping map = file.map_writable();
      std::ranges::fill(map.bytes(), std::byte{0xff});
      pins.pin({{.iov_base = map.data() + file.page_size(), .iov_len = file.page_size()}});
    }
    const Mapping seen = file.map_read_only();
    pins.clear(0, 0);
    EXPECT_EQ(version_of(seen.data() + file.page_size(), file.page_size()), 1U);
    pins.clear(0, 2);
    EXPECT_EQ(version_of(seen.data() + file.page_size(), file.page_size()), 1U);
    pins.clear(0, 1);
    EXPECT_EQ(version_of(seen.data() + file.page_size(), file.page_size()), 3U);
    EXPECT_EQ(version_of(seen.data(), file.page_size()), 0U);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(OrderBoard, TellsWhatIsOlderAndWhatWasNeverStored) {
  OrderBoard board;
  board.begin_store(3);
  board.begin_store(3);
  board.end_store(3);
  board.look(3, board.seen(3), 2, true);  // it is seen before the store returns
  EXPECT_EQ(board.seen(3), 2U);
  EXPECT_EQ(board.done(3), 1U);
  board.look(3, 1, 1, true);  // somebody who began to look before
  EXPECT_EQ(board.went_back() + board.unwritten(), 0);
  board.look(3, board.seen(3), 1, true);
  EXPECT_EQ(board.went_back(), 1);
  board.look(4, 0, 1, true);
  EXPECT_EQ(board.unwritten(), 1);
  EXPECT_EQ(board.seen(4), 0U);
  EXPECT_EQ(board.reads(), 4);
}

TEST(OrderBoard, AReadBindsNobody) {
  OrderBoard board;
  board.begin_store(0);
  board.look(0, 0, 1, false);
  EXPECT_EQ(board.seen(0), 0U);
}

TEST(PipeReferences, SeeThePageItself) {
  for (const bool by_splice : {true, false}) {
    const SealedFile file(8, 7);
    const std::vector<std::size_t> pages{1, 6};
    auto references =
        by_splice ? PipeReferences::by_splice(file, pages) : PipeReferences::by_vmsplice(file, pages);
    file.write(6, 3);
    auto expected = file.image(1, 0);
    const auto second = file.image(6, 3);
    expected.insert(expected.end(), second.begin(), second.end());
    EXPECT_EQ(references.peek(), expected);
    EXPECT_EQ(references.peek(), expected);
    EXPECT_EQ(file.seal(), EBUSY);
    references.release();
    EXPECT_EQ(file.seal(), 0);
  }
}

TEST(PagePins, CountThePagesThatTheyAreOn) {
  for (const std::string_view kind : {"vmsplice", "splice", "relay"}) {
    const SealedFile file(8, 7);
    const auto pins = take_pins(kind, file, {0, 3, 7});
    EXPECT_EQ(pins->bring_to(1), 3U) << kind;
    EXPECT_TRUE(file.holds(3, 1) && file.holds(4, 0)) << kind;
    EXPECT_FALSE(pins->is_writable()) << kind;
    pins->begin();
    EXPECT_EQ(file.seal(), EBUSY) << kind;
    pins->release();
    EXPECT_EQ(file.seal(), 0) << kind;
  }
}

TEST(SealPinned, WithoutPins) {
  const json result = sealed_with({"pin=none", "files=2"});
  EXPECT_EQ(result["counters"]["sealed"], 2);
  EXPECT_EQ(result["counters"]["pins_seen"], 0);
  EXPECT_EQ(result["counters"]["changed"], 0);
  EXPECT_EQ(result["counters"]["replaced"], 0);
}

TEST(SealPinned, RefusedWhileAPinIsHeld) {
  for (const std::string kind : {"ring", "vmsplice", "splice", "relay"}) {
    const json result = sealed_with({"pin=" + kind, "files=2", "pages=8", "pinned=3"});
    if (result.is_null()) {
      continue;
    }
    const json& counters = result["counters"];
    EXPECT_EQ(counters["busy"], 2) << kind;
    EXPECT_EQ(counters["pins_seen"], 6) << kind;
    EXPECT_GE(counters["seal_us"], 100'000) << kind;
    EXPECT_EQ(counters["relay_turns"] >= 4, kind == "relay") << kind;
  }
}

TEST(SealPinned, SucceedsWhenThePinGoesInTime) {
  const json result = sealed_with({"pin=vmsplice", "release=10ms", "files=2"});
  EXPECT_EQ(result["counters"]["sealed"], 2);
  EXPECT_GE(result["counters"]["released_us"], 10'000);
  EXPECT_EQ(result["counters"]["own_page"], 0);
}

TEST(SealPinned, AWriterAndAMapper) {
  const json writer = sealed_with({"writer=true", "files=1"});
  if (!writer.is_null()) {
    EXPECT_EQ(writer["counters"]["busy"], 1);
  }
  const json mapper = sealed_with({"pin=none", "mapper=true", "files=1"});
  EXPECT_GE(mapper["counters"]["mapper_touches"], 64);
}

TEST(SealOrder, StoresGoOnWhereSealingIsRefused) {
  for (const std::string writer : {"pins", "mapping"}) {
    const json result = sealed_with({"writer=" + writer, "files=2", "pages=8", "pinned=4"}, "seal.order");
    if (result.is_null()) {
      GTEST_SKIP() << "no io_uring";
    }
    const json& counters = result["counters"];
    EXPECT_EQ(counters["pins_seen"], 8) << writer;
    EXPECT_EQ(counters["busy"], 2) << writer;
    EXPECT_EQ(counters["refused"], writer == "mapping" ? 2 : 0);
    EXPECT_GE(counters["versions"], 16) << writer;
    EXPECT_GE(counters["reads"], counters["versions"]) << writer;
    EXPECT_EQ(counters["went_back"], 0) << writer;
    EXPECT_EQ(counters["lost"], 0) << writer;
  }
}

TEST(SealOrder, NotMorePinsThanPages) {
  constexpr int usage = 2;
  const Finished finished = run_agent({"--local", "seal.order", "pages=4", "pinned=5"});
  EXPECT_EQ(WEXITSTATUS(finished.status), usage) << finished.err;
}

TEST(SealPinned, WhatDoesNotFitIsRefused) {
  constexpr int usage = 2;
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"pages=4", "pinned=5"},
                                             {"writer=true", "pin=splice"},
                                             {"writer=true", "release=5ms"},
                                             {"hugetlb=true", "pin=vmsplice"},
                                             {"hugetlb=true", "mlock=true"},
                                             {"hugetlb=true", "memory=no-huge"}}) {
    std::vector<std::string> arguments{"--local", "seal.pinned"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const Finished finished = run_agent(arguments);
    EXPECT_EQ(WEXITSTATUS(finished.status), usage) << wrong[0] << " " << finished.err;
  }
}

TEST(SealPinned, TouchesTheWholeSystemOnlyInAGuest) {
  for (const std::vector<std::string>& what :
       {std::vector<std::string>{"seal.pinned", "mlock=true"},
        std::vector<std::string>{"seal.pinned", "swap_out=after"},
        std::vector<std::string>{"seal.pinned", "hugetlb=true", "pages=512"},
        std::vector<std::string>{"seal.pinned", "memory=none"},
        std::vector<std::string>{"seal.pinned", "memory=no-huge"}, std::vector<std::string>{"seal.charge"}}) {
    std::vector<std::string> arguments{"--local"};
    arguments.insert(arguments.end(), what.begin(), what.end());
    const Finished finished = run_agent(arguments);
    EXPECT_EQ(WEXITSTATUS(finished.status), skipped) << what[0] << " " << finished.err;
  }
}

}  // namespace
}  // namespace assay::agent::workloads
