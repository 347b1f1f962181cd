from densing.data import Evidence as Evidence
from densing.data import TableError as TableError
from densing.data import bundled as bundled
from densing.data import load_evidence as load_evidence
from densing.data import validate as validate
from densing.inference.settings import Settings as Settings
from densing.inference.settings import load_settings as load_settings
from densing.models.declaration import DeclarationError as DeclarationError
from densing.models.declaration import Model as Model
from densing.models.declaration import load_model as load_model
from densing.models.graph import model_graph as model_graph
from densing.models.prior import Prior as Prior
from densing.models.select import SelectionError as SelectionError
from densing.notebook.answers import density as density
from densing.notebook.answers import doubling_time as doubling_time
from densing.notebook.fitting import fit as fit
from densing.notebook.given import NotTrustworthyWarning as NotTrustworthyWarning
from densing.notebook.handover import NumpyroModel as NumpyroModel
from densing.notebook.handover import to_numpyro as to_numpyro
from densing.notebook.handover import to_pymc as to_pymc
from densing.notebook.plots import plot_density as plot_density
from densing.notebook.plots import plot_diagnostics as plot_diagnostics
from densing.notebook.plots import plot_influence as plot_influence
from densing.notebook.plots import plot_loss_law as plot_loss_law
from densing.notebook.plots import plot_performance_map as plot_performance_map
from densing.notebook.plots import plot_predictive as plot_predictive
from densing.notebook.plots import plot_ranking as plot_ranking
from densing.notebook.plots import plot_rate as plot_rate
from densing.notebook.plots import plot_reference as plot_reference
from densing.notebook.summary import Summary as Summary
from densing.notebook.summary import summary as summary
from densing.results.run import RunError as RunError
from densing.results.run import open_run as open_run
from densing.results.run import save_run as save_run

__version__: str
HOMES: dict[str, tuple[str, ...]]
