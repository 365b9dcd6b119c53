// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "experiment/kept_file.hpp"
#include "py_native.hpp"
#include "report/formats/formats.hpp"
#include "store/open_store.hpp"
#include "store/run_view.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

namespace assay::python {
namespace {

namespace fs = std::filesystem;

using Series = store::MetricSeries;
using Events = std::vector<trial::TrialEvent>;

/// A results database that Python's threads share: one at a time is in it, without the GIL.
class ResultsHandle {
 public:
  explicit ResultsHandle(const std::string& path) : path_(path) {
    const py::gil_scoped_release others_may_run;
    store_ = value_or_raise(store::read_store(path_, store::Process::may_write));  // runs of this process
  }

  void close() {
    const py::gil_scoped_release others_may_run;
    const std::scoped_lock lock(mutex_);
    store_.reset();
  }

  [[nodiscard]] bool closed() {
    const py::gil_scoped_release others_may_run;
    const std::scoped_lock lock(mutex_);
    return store_ == nullptr;
  }

  /// What `work` returns, a Result; its Error is raised.
  template <class Work>
  auto with(Work work) {
    const py::gil_scoped_release others_may_run;
    const std::scoped_lock lock(mutex_);
    if (store_ == nullptr) {
      throw Raised(fail(Failure::usage, "cannot read results database {}: it was closed", path_.string()));
    }
    return value_or_raise(work(*store_));
  }

 private:
  fs::path path_;
  std::mutex mutex_;  ///< never waited for with the GIL held
  std::unique_ptr<store::Store> store_;
};

py::dict run_dict(const store::RunInfo& run) {
  py::list kernels;
  for (const auto& kernel : run.kernels) {
    py::dict one;
    one["variant"] = printable(kernel.variant);
    one["id"] = printable(kernel.id);
    one["release"] = printable(kernel.release);
    one["provenance"] = printable(kernel.provenance);
    kernels.append(one);
  }
  py::dict dict;
  dict["id"] = printable(run.id);
  dict["experiment"] = printable(run.experiment);
  dict["title"] = printable(run.title);
  dict["experiment_toml"] = py::bytes(run.experiment_toml);
  dict["settings"] = printable(run.settings);
  dict["host"] = printable(run.host);
  dict["started"] = printable(run.started);
  dict["finished"] = printable(run.finished);
  dict["state"] = printable(run.state);
  dict["planned"] = run.planned;
  dict["done"] = run.done;
  dict["kernels"] = kernels;
  return dict;
}

py::list runs_of(ResultsHandle& results) {
  const auto runs = results.with([](store::Store& store) { return store.runs(); });
  py::list all;
  for (const auto& run : runs) {
    all.append(run_dict(run));
  }
  return all;
}

py::dict find_run(ResultsHandle& results, const std::string& name) {
  return run_dict(results.with([&](store::Store& store) { return store.find_run(name); }));
}

std::string run_json(ResultsHandle& results, const std::string& name) {
  return results.with([&](store::Store& store) -> Result<std::string> {
    auto run = store.find_run(name);
    if (!run) {
      return run.error();
    }
    const auto view = store::read_run(store, std::move(*run));
    return view ? Result<std::string>(report::run_json(*view)) : view.error();
  });
}

trial::TrialKey key_of(const py::tuple& key) {
  return {key[0].cast<std::string>(), key[1].cast<std::string>(), key[2].cast<std::string>(),
          key[3].cast<unsigned>()};
}

/// The columns of each series. Series of one clock share the array of its times, which nobody may change.
py::list series_list(std::vector<store::MetricSeries>&& all) {
  py::list list;
  py::array_t<std::uint64_t> clock;
  for (auto& series : all) {
    if (!std::ranges::equal(std::span(clock.data(), static_cast<std::size_t>(clock.size())), series.times)) {
      clock = array_owning(std::move(series.times));
      clock.attr("setflags")(py::arg("write") = false);
    }
    list.append(py::make_tuple(printable(series.name), printable(series.unit), clock,
                               array_owning(std::move(series.values))));
  }
  return list;
}

py::list samples_of(ResultsHandle& results, const std::string& run, const py::tuple& trial,
                    const std::vector<std::string>& metrics) {
  const auto key = key_of(trial);
  return series_list(results.with([&](store::Store& store) { return store.samples(run, key, metrics); }));
}

py::list metrics_of(ResultsHandle& results, const std::string& run, const py::tuple& trial) {
  const auto key = key_of(trial);
  const auto metrics = results.with([&](store::Store& store) { return store.metrics(run, key); });
  py::list list;
  for (const auto& metric : metrics) {
    list.append(py::make_tuple(printable(metric.name), printable(metric.unit)));
  }
  return list;
}

py::tuple events_of(ResultsHandle& results, const std::string& run, const py::tuple& trial) {
  const auto key = key_of(trial);
  const auto events = results.with([&](store::Store& store) { return store.events(run, key); });
  std::vector<std::uint64_t> times;
  std::vector<std::int64_t> values;
  py::list names;
  py::list details;
  for (const auto& event : events) {
    times.push_back(event.time_ns);
    values.push_back(event.value);
    names.append(printable(event.name));
    details.append(printable(event.detail));
  }
  return py::make_tuple(array_owning(std::move(times)), names, details, array_owning(std::move(values)));
}

py::list claims_in(const py::bytes& experiment) {
  py::list list;
  for (const auto& source : experiment::claim_sources_in(std::string_view(experiment))) {
    py::dict claim;
    claim["id"] = printable(source.claim);
    claim["says"] = printable(source.says);
    claim["quote"] = printable(source.quote);
    claim["author"] = printable(source.author);
    claim["message_id"] = printable(source.message_id);
    claim["workload"] = printable(source.workload);
    list.append(claim);
  }
  return list;
}

}  // namespace

void add_store(py::module_& module) {
  module.def("claims_in", &claims_in, py::arg("experiment"));
  py::class_<ResultsHandle>(module, "Store")
      .def(py::init<const std::string&>(), py::arg("path"))
      .def("close", &ResultsHandle::close)
      .def_property_readonly("closed", &ResultsHandle::closed)
      .def("runs", &runs_of)
      .def("find_run", &find_run, py::arg("name"))
      .def("run_json", &run_json, py::arg("name"))
      .def("metrics", &metrics_of, py::arg("run"), py::arg("trial"))
      .def("samples", &samples_of, py::arg("run"), py::arg("trial"), py::arg("metrics"))
      .def("events", &events_of, py::arg("run"), py::arg("trial"));
}

}  // namespace assay::python
