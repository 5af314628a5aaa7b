from . import ray as ray
from .documents import Doc as Doc
from .documents import Entity as Entity
from .ray import OnRay as OnRay
from .reader import Reader as Reader
from .reader import load as load
from .report import report_html as report_html
from .service.serving import serve as serve
from .service.settings import ServiceSettings as ServiceSettings

__version__: str
